"""Identity's rules, pure: clients with their secrets, and tokens."""

SOURCE = "/shenguan/identity"
