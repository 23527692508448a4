"""Measurements that hold the product's promises about speed. See README.md."""
