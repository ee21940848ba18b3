//! Floor 6: the thin tokio shell: accepts INVITEs, a task per call, the desk task, the tap hub; routes outputs to adapters.
//! Knows no HTTP and no YAML files.
