"""The only place, beside the services' stores, that knows AWS: one transaction per change, an outbox, a consumer."""
