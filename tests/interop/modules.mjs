// SPDX-License-Identifier: Apache-2.0
// The packages that others wrote. They are not beside these files: the script `run` says where it has put them.
import { createRequire } from "node:module";

export const require = createRequire(`${process.env.VOLTKEEP_MODULES}/package.json`);
