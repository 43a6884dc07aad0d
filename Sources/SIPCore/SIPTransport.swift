// SPDX-License-Identifier: GPL-3.0-or-later
#if SIP
  /// What carries the signalling (RFC 3261, 18).
  package enum SIPTransport: String, CaseIterable {
    case udp
    case tcp
    case tls
  }
#endif
