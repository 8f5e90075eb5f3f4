// SPDX-License-Identifier: Apache-2.0
// Replaced by the room's first source file.
