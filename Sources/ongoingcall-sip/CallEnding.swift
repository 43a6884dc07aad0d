// SPDX-License-Identifier: GPL-3.0-or-later
#if SIP
  import CallLife

  /// How a call ended, as SIP says it.
  struct CallEnding: Equatable {
    enum Trouble {
      /// Nobody replied, neither yes nor no.
      case noReply
      /// It could not be sent: name not found, connection refused, no route, no TLS.
      case transport
      /// Nobody listens on the far end's port.
      case closed
    }

    /// The status of RFC 3261, 21; 0 is none, as with BYE.
    var status: Int
    /// The status's phrase, or what went wrong.
    var phrase: String
    var trouble: Trouble? = nil

    /// One line for people.
    var detail: String {
      if status > 0 { return phrase.isEmpty ? "\(status)" : "\(status) \(phrase)" }
      if !phrase.isEmpty { return phrase }
      return switch trouble {
      case .noReply: "no reply"
      case .transport, .closed: "the far end cannot be reached"
      case nil: ""
      }
    }

    /// Why a call ended that was never answered.
    var reasonBeforeAnswer: EndReason {
      if trouble != nil { return .unreachable }
      return switch status {
      case 486, 600: .busy
      case 603: .declined
      case 404, 410, 604: .notFound
      case 401, 403, 407: .notPermitted
      case 408, 503: .unreachable
      default: .refused
      }
    }

    /// Why a call ended that had been answered.
    var reasonAfterAnswer: EndReason {
      trouble != nil || status == 408 || status == 503 ? .network : .removed
    }

    /// Why a call ended that was to take the place of one that could not be taken up again.
    var reasonOfCallingAgain: EndReason {
      switch reasonBeforeAnswer {
      case .unreachable: .network
      case .refused: .rejected
      case let other: other
      }
    }
  }
#endif
