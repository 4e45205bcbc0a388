"""Real services for the tests: PostgreSQL, SeaweedFS, Elasticsearch, one web server and one worker."""
