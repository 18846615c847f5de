"""formats: kinds of output with live parameters, derived from what the compiler does."""
