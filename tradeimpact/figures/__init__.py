"""Pictures of tables: every chart takes a table by position, draws it, and returns the Axes.

The charts know tables only: no case, no result. They are imported from their modules (``charts``, ``bridge``,
``timelines``, ``maps``), their alternative texts from ``alt``, and one function writes a figure to disk,
``save.save``. Nothing here imports matplotlib before something is drawn.
"""
