"""Pictures of graphs: scene, layout, painter; see README.md."""
