// SPDX-License-Identifier: Apache-2.0
import CallModel
import Glibc
import Systemd

extension SystemError {
  /// What the user can do about it; nil where there is nothing to advise.
  var remedy: String? {
    switch errno {
    case ENOSPC, EDQUOT: "free some space there first"
    case EMFILE: "end another call first, or raise LimitNOFILE= of \(DaemonName.unit)"
    default: nil
    }
  }
}
