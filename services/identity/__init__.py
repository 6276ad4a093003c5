"""Identity: clients, keys, tokens, the gateway authorizer, and who may do what."""
