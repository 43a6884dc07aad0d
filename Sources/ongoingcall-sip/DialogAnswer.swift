// SPDX-License-Identifier: GPL-3.0-or-later
#if SIP
  import CLinphone
  import SIPCore

  /// What the far end's answer to INVITE says of the dialog that it began.
  ///
  /// Where the far end placed the call, the headers are those of its INVITE, which do not have this end's tag: such a
  /// call cannot be taken up again.
  struct DialogAnswer {
    private let callID: String
    private let from: String
    private let to: String
    private let target: String
    private let routes: [String]

    init?(_ call: CallReference) {
      guard linphone_call_get_dir(call) == LinphoneCallOutgoing,
        let remote = linphone_call_get_remote_params(call),
        let contact = linphone_call_get_remote_contact(call)
      else { return nil }
      func header(_ name: String) -> String? {
        linphone_call_params_get_custom_header(remote, name).map { String(cString: $0) }
      }
      guard let id = header("Call-ID"), let from = header("From"), let to = header("To") else { return nil }
      (callID, self.from, self.to) = (id, from, to)
      target = Self.address(in: String(cString: contact))
      // The caller goes through them the other way round (RFC 3261, 12.1.2).
      routes = (header("Record-Route") ?? "").split(separator: ",").map { Self.address(in: String($0)) }.reversed()
    }

    /// The far end's host, where its Contact has a number.
    var host: String? { SIPHost(of: target)?.number }

    func ticket(transport: SIPTransport, address: String?) -> ResumeTicket? {
      guard let local = Self.tag(in: from), let far = Self.tag(in: to) else { return nil }
      return ResumeTicket(
        callID: callID, localTag: local, remoteTag: far, local: Self.address(in: from),
        remote: Self.address(in: to), target: target, address: address, routes: routes, transport: transport)
    }

    private static func address(in value: String) -> String {
      guard let open = value.firstIndex(of: "<"), let close = value[open...].firstIndex(of: ">") else {
        return String(value.prefix { $0 != ";" }.filter { $0 != " " })
      }
      return String(value[value.index(after: open)..<close])
    }

    /// The parameters of the header come after the address, which has its own within the brackets.
    private static func tag(in value: String) -> String? {
      let parameters = value.lastIndex(of: ">").map { value[$0...] } ?? value[...]
      for parameter in parameters.split(separator: ";") where parameter.lowercased().hasPrefix("tag=") {
        return String(parameter.dropFirst(4).prefix { $0 != " " && $0 != "," })
      }
      return nil
    }
  }
#endif
