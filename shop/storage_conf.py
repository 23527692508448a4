"""The setting STORAGES: uploads and files to take away are kept in a folder, or in a bucket."""

from shop import embedded, env

_DISK: dict[str, object] = {
    "BACKEND": "django.core.files.storage.FileSystemStorage",
    "OPTIONS": {
        "location": env.text(
            "UPLOADS_DIR",
            str(embedded.home() / "uploads"),
            meaning="Folder shared by web and worker for uploads and files to take away.",
            shown="AISLE_HOME/uploads",
        )
    },
}
_BUCKET = env.text(
    "AISLE_S3_BUCKET",
    "",
    meaning="Bucket for uploads and files to take away, in place of UPLOADS_DIR. "
    "Needs `pip install django-storages[s3]`; "
    "the keys come from AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or from the machine's role.",
    example="aisle-files",
)
_S3: dict[str, object] = {
    "BACKEND": "storages.backends.s3.S3Storage",
    "OPTIONS": {
        "bucket_name": _BUCKET,
        "endpoint_url": env.text(
            "AISLE_S3_ENDPOINT",
            "",
            meaning="Address of an S3 that is not Amazon's.",
            example="https://s3.example.net",
        )
        or None,
        "region_name": env.text("AISLE_S3_REGION", "", meaning="Region of the bucket.", example="eu-central-1") or None,
        "file_overwrite": False,
    },
}
STORAGES = {
    # The one storage setting: uploads are shared by web and worker through it.
    "default": _S3 if _BUCKET else _DISK,
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
