// SPDX-License-Identifier: GPL-3.0-or-later
#if SIP
  /// What a new process needs to take a call up again by INVITE with Replaces (RFC 3891).
  struct ResumeTicket: Equatable {
    var callID: String
    var localTag: String
    var remoteTag: String

    init?(callID: String, localTag: String, remoteTag: String) {
      let parts = [callID, localTag, remoteTag]
      guard parts.allSatisfy(Self.isWord) else { return nil }
      (self.callID, self.localTag, self.remoteTag) = (callID, localTag, remoteTag)
    }

    /// Reads ``text``.
    init?(_ text: String) {
      let parts = text.split(separator: " ").map(String.init)
      guard parts.count == 4, parts[0] == Self.version else { return nil }
      self.init(callID: parts[1], localTag: parts[2], remoteTag: parts[3])
    }

    /// The `resume` value of the engine protocol.
    var text: String { "\(Self.version) \(callID) \(localTag) \(remoteTag)" }

    /// The header's value, as the far end sees the dialog: its own tag is the to-tag.
    var replaces: String { "\(callID);to-tag=\(remoteTag);from-tag=\(localTag)" }

    private static let version = "replaces-1"

    /// Nothing that could end the header or begin another parameter.
    private static func isWord(_ text: String) -> Bool {
      !text.isEmpty && text.utf8.count <= 256
        && text.utf8.allSatisfy {
          (0x21...0x7E).contains($0) && $0 != UInt8(ascii: ";") && $0 != UInt8(ascii: ",")
        }
    }
  }
#endif
