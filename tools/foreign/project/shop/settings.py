"""The least that Django runs with."""

SECRET_KEY = "none"  # noqa: S105 - it is none
ROOT_URLCONF = "shop.urls"
ALLOWED_HOSTS = ["*"]
USE_TZ = True
COVERS_URL = COVERS_KEY = ""
