# SPDX-License-Identifier: Apache-2.0
# A thin front for the CMake presets: see CMakePresets.json for the real settings.
.PHONY: demo test build packages clean
preset ?= release

demo: build
	@build/$(preset)/bench/demo/dnntune-demo --command build/$(preset)/bench/cli/dnntune --data examples/digits

test: build
	ctest --preset $(preset)

build: packages
	cmake --preset $(preset)
	cmake --build --preset $(preset)

packages:
	@cmake/install_packages.sh

clean:
	rm -rf build
