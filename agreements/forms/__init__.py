"""Forms shape and keep what was typed; the operations decide and write."""
