"""Everything that looks at masks and photographs through a source, above formats and metrics."""
