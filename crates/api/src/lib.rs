//! Everything on port 8080: REST, metrics, OpenAPI.
