"""Makes Bellhop's embedded speech model: synthesise, features, train, export, evaluate."""
