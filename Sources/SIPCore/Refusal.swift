// SPDX-License-Identifier: GPL-3.0-or-later
#if SIP
  /// Why the far end's answer ends a call, where liblinphone was told something simpler.
  package struct Refusal: Equatable {
    package let status: Int
    package let phrase: String
  }
#endif
