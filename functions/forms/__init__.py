"""The public forms: fields, validation, drawing. Imports no AWS library."""
