"""Build and deployment: templates, packaging and CloudFormation, for any endpoint."""
