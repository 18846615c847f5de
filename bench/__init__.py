"""bench: how fast packc is beside kustomize and helm, on the same work, in whole processes."""
