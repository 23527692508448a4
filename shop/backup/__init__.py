"""Backups: one file that holds everything, and the way back from it.

`make` writes the whole database and the uploads as they were at one moment, with what each table held. `restore` puts
a backup into an empty database and believes nothing: the same rows with the same content must be there afterwards,
the walls must stand, and the app's role must see no row without its shop. Nothing that is running is touched.
"""

from shop.backup.login import Login
from shop.backup.making import Made, make
from shop.backup.restoring import Restored, restore
from shop.backup.troubles import BackupTrouble

__all__ = ["BackupTrouble", "Login", "Made", "Restored", "make", "restore"]
