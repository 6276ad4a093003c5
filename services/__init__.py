"""The eight services: each one Chalice application, one table, one CloudFormation stack."""
