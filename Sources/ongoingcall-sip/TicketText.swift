// SPDX-License-Identifier: Apache-2.0
#if SIP
  import EngineChannel
  import FoundationEssentials
  import SIPDialogs

  /// The `resume` value of the engine protocol: a ticket as JSON, on one line.
  enum TicketText {
    struct Invalid: Error, CustomStringConvertible {
      var description: String { "the “resume” value is not one of this engine's" }
    }

    /// As much of the ticket as the daemon keeps.
    static func encode(_ ticket: CallTicket) -> String? {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
      let fitting = ticket.fitting(EngineProtocol.maximumResumeLength) { (try? encoder.encode($0).count) ?? .max }
      return (try? encoder.encode(fitting)).map { String(decoding: $0, as: UTF8.self) }
    }

    static func decode(_ text: String) throws(Invalid) -> CallTicket {
      guard text.utf8.count <= EngineProtocol.maximumResumeLength,
        let ticket = try? JSONDecoder().decode(CallTicket.self, from: Data(text.utf8)),
        ticket.version == CallTicket.currentVersion
      else { throw Invalid() }
      return ticket
    }
  }
#endif
