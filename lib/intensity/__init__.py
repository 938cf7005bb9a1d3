"""How do ConvNets understand image intensity? Scenes, networks, measurements and figures.

Data flows one way through the modules: values, tasks, shapes, scenes, rendering, datasets and
readers make images and say what can be read from them; architectures, configurations, networks,
fused and training turn a configuration into a trained network, store and sweeps (with processes
and digests) many of them into finished runs; attribution and responses look inside; statistics,
claims, results, discussion, tables and figures say what was found; explorer lets people play;
options, settings, kernels, reproduce, report, manifest and publishing run the notebooks.
"""
