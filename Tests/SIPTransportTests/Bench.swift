// SPDX-License-Identifier: Apache-2.0
#if SIP
  import SIPDialogs
  import Testing

  @testable import SIPTransport

  /// Everything here shares sofia-sip's globals, and so does one after the other.
  @Suite(.serialized) enum TransportTests {}

  /// Runs a loop until something is true, and fails where that takes too long.
  func run(_ loop: SIPLoop, seconds: Int64 = 10, until condition: @escaping () -> Bool) {
    let limit = loop.timer(after: seconds * 1000) {
      Issue.record("waited for \(seconds) seconds")
      loop.stop()
    }
    func look() {
      if condition() { loop.stop() } else { ticks = loop.timer(after: 2) { look() } }
    }
    var ticks: Timer?
    loop.post { look() }
    loop.run()
    limit.cancel()
    ticks?.cancel()
  }

  func request(_ method: String, from agent: SIPAgent, to target: Target, branch: String, sequence: Int = 1)
    -> SIPMessage
  {
    let port = agent.localPort(for: target.transport) ?? 0
    let host = SIPAgent.bracketed(agent.address)
    var message = SIPMessage(method: method, uri: "sip:far@\(SIPAgent.bracketed(target.host)):\(target.port)")
    message.add("Via", Via(target.transport, host: agent.address, port: port, branch: branch).description)
    message.add("Max-Forwards", "70")
    message.add("From", "<sip:near@\(host)>;tag=near")
    message.add("To", "<sip:far@\(SIPAgent.bracketed(target.host))>")
    message.add("Call-ID", "call-of-\(branch)")
    message.add("CSeq", "\(sequence) \(method)")
    message.add("Contact", "<sip:near@\(host):\(port)>")
    return message
  }

  func response(_ status: Int, to request: SIPMessage, tag: String = "far") -> SIPMessage {
    var message = SIPMessage(status: status, phrase: "Said")
    message.headers += request.headers.filter { ["Via", "From", "Call-ID", "CSeq"].contains($0.name) }
    let to = request["To"] ?? ""
    message.add("To", to.contains("tag=") ? to : "\(to);tag=\(tag)")
    message.add("Contact", "<sip:far@127.0.0.1>")
    return message
  }
#endif
