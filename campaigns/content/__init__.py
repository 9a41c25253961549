"""Makes messages: layout, templates, product blocks, previews."""
