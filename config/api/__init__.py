"""The REST API: everything a page can do. OpenAPI 3.1 at `/api/v1/openapi.json`; see `config.api.app`."""
