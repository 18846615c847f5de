"""demo_sun: a feature that looks at what the cloud has left behind."""

import demo_shared

from packc.api import Feature, Patch, add, hookimpl


@hookimpl
def packc_features():
    return [Feature("sun", "The Sun")]


@hookimpl
def packc_patches(variant):
    seen = ",".join(demo_shared.seen)
    demo_shared.seen.clear()
    return [Patch("ConfigMap/demo", (add("/data/seen", seen),))]
