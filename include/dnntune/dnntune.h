// SPDX-License-Identifier: Apache-2.0
// Everything: Graph -> Session -> Profile -> Plan -> SplitSession.
#pragma once

#include "dnntune/assignment.h"
#include "dnntune/builder.h"
#include "dnntune/calibrate.h"
#include "dnntune/cost_model.h"
#include "dnntune/device.h"
#include "dnntune/error.h"
#include "dnntune/graph.h"
#include "dnntune/layer_shape.h"
#include "dnntune/link.h"
#include "dnntune/meter.h"
#include "dnntune/onnx.h"
#include "dnntune/plan.h"
#include "dnntune/profile.h"
#include "dnntune/server.h"
#include "dnntune/session.h"
#include "dnntune/split.h"
#include "dnntune/tensor.h"
#include "dnntune/tune.h"
#include "dnntune/version.h"
