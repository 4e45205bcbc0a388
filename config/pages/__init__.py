"""Pages that need every layer: home, sign-in, the record page. May import all."""
