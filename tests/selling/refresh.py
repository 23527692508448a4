"""Makes a shop's roll-ups, inside the installation it is run in: python -m tests.selling.refresh SHOP."""

import sys

import django


def main(shop: int) -> None:
    django.setup()
    from sales import rollups
    from shop.tenancy import use_shop

    with use_shop(shop):
        rollups.refresh()


if __name__ == "__main__":
    main(int(sys.argv[1]))
