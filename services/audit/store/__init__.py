"""Audit in DynamoDB and S3, by subject."""
