// SPDX-License-Identifier: Apache-2.0
@testable import SIPDialogs

/// A strict far end: what it asks of the caller is what RFC 3261 does, and what is wrong it says.
final class FarEnd {
  struct Reply {
    var after: Int64
    var status: Int
    /// nil is the far end's own.
    var tag: String?
    var direction: MediaPlan.Direction? = .sendrecv
    var change: (inout SIPMessage) -> Void = { _ in }
  }

  enum Policy {
    case accept
    case refuse(Int)
    case silent
  }

  let host: String
  unowned let bench: CallBench
  /// What it says to a call, in this order.
  var replies = [Reply(after: 20, status: 180, direction: nil), Reply(after: 200, status: 200)]
  /// To a re-INVITE, in the order of those that come; the last one counts on.
  var reinvites: [Policy] = [.accept]
  var bye = Policy.accept
  var cancel = Policy.accept
  var question = Policy.accept
  var update = Policy.accept
  /// What every answer to a question about the session has, too.
  var change: (inout SIPMessage) -> Void = { _ in }
  /// The direction that it wants to have by itself.
  var direction = MediaPlan.Direction.sendrecv
  var knowsReplaces = false
  var replacement = Policy.accept
  var isDeaf = false
  /// What its own INVITEs are accepted with.
  var acknowledges = true
  /// Servers on the way to it, the first one first.
  var challengers: [Challenger] = []
  /// Of those that go to other addresses of the same.
  weak var alias: FarEnd?

  private(set) var legs: [FarEndLeg] = []
  /// New calls that came.
  private(set) var calls = 0
  private(set) var received: [SIPMessage] = []
  private var invites: [String: SIPMessage] = [:]
  private var responses: [String: SIPMessage] = [:]
  private var acknowledged: Set<String> = []
  private var own: [String: FarEndLeg?] = [:]
  private var requests: [String: SIPMessage] = [:]
  private var done: Set<String> = []
  private var number = 0

  init(_ host: String, bench: CallBench) { (self.host, self.bench) = (host, bench) }

  var leg: FarEndLeg? { legs.last { $0.state != .ended } }
  var open: [FarEndLeg] { legs.filter { $0.state != .ended } }
  var confirmed: [FarEndLeg] { legs.filter { $0.state == .confirmed } }
  var isSending: Bool { !isDeaf && confirmed.contains { $0.direction.sends } }
  func requests(_ method: String) -> [SIPMessage] { received.filter { $0.method == method } }
  var contact: String { "sip:far@\(host.contains(":") ? "[\(host)]" : host):5060" }

  /// It starts anew, and knows nothing of before.
  func forget() {
    calls = 0
    for leg in legs { leg.state = .ended }
    invites = [:]
  }

  func receive(_ message: SIPMessage, from source: String) {
    guard !isDeaf else { return }
    if message.status != nil { return answered(message) }
    received.append(message)
    let branch = message.topVia?.branch ?? ""
    let method = message.method ?? ""
    if method == "ACK" { return acknowledge(message, branch) }
    if let response = responses["\(branch) \(method)"] { return bench.toCall(response, from: host) }
    guard invites["\(branch) \(method)"] == nil else { return }
    invites["\(branch) \(method)"] = message
    if method == "CANCEL" { return cancelled(message, branch) }
    for challenger in challengers {
      guard let challenge = challenger.challenge(message, complain: bench.complain) else { continue }
      return respond(challenger.status, to: message) { $0.headers.append(challenge) }
    }
    guard let tag = message.toTag else { return method == "INVITE" ? invited(message) : respond(404, to: message) }
    guard
      let leg = legs.first(where: { $0.tag == tag && $0.callID == message.callID && $0.callersTag == message.fromTag }),
      leg.state != .ended
    else { return respond(481, to: message) }
    // One that was overtaken by another.
    guard let sequence = message.sequence, sequence > leg.sequence else { return respond(500, to: message) }
    leg.sequence = sequence
    inDialog(message, method, leg)
  }

  // MARK: - Calls

  private func invited(_ invite: SIPMessage) {
    if let replaces = invite.replaces {
      let known = legs.first {
        $0.callID == replaces.callID && $0.tag == replaces.toTag && $0.callersTag == replaces.fromTag
      }
      if case .refuse(let status) = replacement { return respond(status, to: invite) }
      guard knowsReplaces, let known else { return respond(481, to: invite) }
      known.state = .ended
      send(Reply(after: 0, status: 200, tag: "replaced"), to: invite)
      return
    }
    let others = [self] + (alias.map { [$0] } ?? [])
    let isMerged = others.contains {
      $0.invites.values.contains { other in
        other.method == "INVITE" && other.toTag == nil && other.callID == invite.callID
          && other.fromTag == invite.fromTag
          && other.sequence == invite.sequence && other.topVia?.branch != invite.topVia?.branch
      }
    }
    guard !isMerged else { return respond(482, to: invite) }
    calls += 1
    for reply in replies { bench.after(reply.after) { [unowned self] in send(reply, to: invite) } }
  }

  private func send(_ reply: Reply, to invite: SIPMessage) {
    let key = "\(invite.topVia?.branch ?? "") INVITE"
    // Only a 2xx of another fork comes after a final answer.
    let isFork = (200..<300).contains(reply.status)
    if let final = responses[key]?.status, final >= 200, !(isFork && final < 300) { return }
    let tag = reply.tag ?? "far-\(host)"
    let known = legs.first { $0.invite == invite && $0.tag == tag }
    guard known?.state ?? .early == .early else { return }
    let leg = known ?? FarEndLeg(invite, tag: tag)
    if known == nil, reply.status > 100 { legs.append(leg) }
    var response = response(reply.status, to: invite, tag: reply.status > 100 ? tag : nil)
    response.add("Contact", "<\(contact)>")
    response.add("Supported", knowsReplaces ? "timer, replaces" : "timer")
    if let direction = reply.direction, reply.status > 100, reply.status < 300 {
      describe(&response, leg, direction, to: invite)
    }
    reply.change(&response)
    if reply.status >= 300 { leg.state = .ended }
    if (200..<300).contains(reply.status) {
      leg.state = .confirmed
      accept(response, key, leg)
      // A proxy that forks cancels those who have not answered (16.7).
      bench.after(33_000) { [unowned self] in
        for leg in legs where leg.invite == invite && leg.state == .early { leg.state = .ended }
      }
    } else {
      responses[key] = response
      repeatRefusal(response, key, 500, bench.now + 32_000)
    }
  }

  /// A 2xx comes until its ACK does, and after that the dialog is ended (13.3.1.4).
  private func accept(_ response: SIPMessage, _ key: String, _ leg: FarEndLeg) {
    responses[key] = response
    let sequence = response.sequence ?? 0
    leg.unacknowledged.insert(sequence)
    repeatAcceptance(response, leg, sequence, 500, bench.now + 32_000)
  }

  private func repeatAcceptance(
    _ response: SIPMessage, _ leg: FarEndLeg, _ sequence: UInt32, _ pause: Int64, _ end: Int64
  ) {
    guard leg.unacknowledged.contains(sequence), leg.state == .confirmed else { return }
    guard bench.now < end else { return hangUp(leg) }
    bench.toCall(response, from: host)
    bench.after(pause) { [unowned self] in repeatAcceptance(response, leg, sequence, min(pause * 2, 4000), end) }
  }

  private func repeatRefusal(_ response: SIPMessage, _ key: String, _ pause: Int64, _ end: Int64) {
    guard !acknowledged.contains(key), bench.now < end, responses[key] == response else { return }
    bench.toCall(response, from: host)
    guard (response.status ?? 0) >= 300, response.sequenceMethod == "INVITE" else { return }
    bench.after(pause) { [unowned self] in repeatRefusal(response, key, min(pause * 2, 4000), end) }
  }

  private func acknowledge(_ message: SIPMessage, _ branch: String) {
    acknowledged.insert("\(branch) INVITE")
    guard let leg = legs.first(where: { $0.tag == message.toTag && $0.callID == message.callID }) else { return }
    leg.unacknowledged.remove(message.sequence ?? 0)
    if leg.expectsAnswer == message.sequence {
      leg.expectsAnswer = nil
      if message.body.isEmpty { bench.complain("an ACK without the answer") }
    }
  }

  private func cancelled(_ message: SIPMessage, _ branch: String) {
    guard let invite = invites["\(branch) INVITE"] else { return respond(481, to: message) }
    switch cancel {
    case .silent: return
    case .refuse(let status): return respond(status, to: message)
    case .accept: respond(200, to: message)
    }
    let key = "\(branch) INVITE"
    if let status = responses[key]?.status, status >= 200 { return }
    for leg in legs where leg.invite == invite { leg.state = .ended }
    let response = response(487, to: invite, tag: "far")
    responses[key] = response
    repeatRefusal(response, key, 500, bench.now + 32_000)
  }

  // MARK: - In a dialog

  private func inDialog(_ message: SIPMessage, _ method: String, _ leg: FarEndLeg) {
    switch method {
    case "INVITE": reinvited(message, leg)
    case "BYE":
      if case .silent = bye { return }
      if case .refuse(let status) = bye { return respond(status, to: message) }
      leg.state = .ended
      respond(200, to: message)
    case "OPTIONS": answer(question, message, leg)
    case "UPDATE":
      answer(update, message, leg) { response in
        if let expires = message["Session-Expires"] { response.add("Session-Expires", expires) }
      }
    case "PRACK": respond(200, to: message)
    default: bench.complain("\(method) in the dialog")
    }
  }

  private func answer(
    _ policy: Policy, _ message: SIPMessage, _ leg: FarEndLeg, adding: (inout SIPMessage) -> Void = { _ in }
  ) {
    switch policy {
    case .silent: break
    case .refuse(let status): respond(status, to: message)
    case .accept: respond(200, to: message, adding: adding)
    }
  }

  private func reinvited(_ invite: SIPMessage, _ leg: FarEndLeg) {
    let policy = reinvites.count > 1 ? reinvites.removeFirst() : reinvites[0]
    // Both have asked at once (14.2).
    guard !leg.hasOffered else { return respond(491, to: invite) }
    switch policy {
    case .silent: return
    case .refuse(let status): return respond(status, to: invite)
    case .accept: break
    }
    leg.contact = invite.contacts.first?.uri.description ?? leg.contact
    var response = response(200, to: invite, tag: nil)
    response.add("Contact", "<\(contact)>")
    describe(&response, leg, direction, to: invite)
    change(&response)
    accept(response, "\(invite.topVia?.branch ?? "") INVITE", leg)
  }

  private func describe(
    _ response: inout SIPMessage, _ leg: FarEndLeg, _ wanted: MediaPlan.Direction, to invite: SIPMessage
  ) {
    let text = invite.body.text
    let offered = invite.direction ?? .sendrecv
    if !text.contains("m=audio") { bench.complain("an INVITE without an offer") }
    leg.direction = .init(sends: wanted.sends && offered.receives, receives: wanted.receives && offered.sends)
    response.add("Content-Type", "application/sdp")
    response.body = Array(description(leg, leg.direction).utf8)
  }

  func description(_ leg: FarEndLeg, _ direction: MediaPlan.Direction) -> String {
    leg.version += 1
    let family = host.contains(":") ? "IP6" : "IP4"
    return "v=0\r\no=- 9 \(leg.version) IN \(family) \(host)\r\ns=-\r\nc=IN \(family) \(host)\r\nt=0 0\r\n"
      + "m=audio 4000 RTP/AVP 0\r\na=\(direction.rawValue)\r\n"
  }

  func response(_ status: Int, to request: SIPMessage, tag: String?) -> SIPMessage {
    .response(status, status < 300 ? "OK" : "No", to: request, tag: tag ?? "none")
  }

  private func respond(_ status: Int, to request: SIPMessage, adding: (inout SIPMessage) -> Void = { _ in }) {
    var response = response(status, to: request, tag: "none")
    adding(&response)
    let key = "\(request.topVia?.branch ?? "") \(request.method ?? "")"
    responses[key] = response
    repeatRefusal(response, key, 500, bench.now + 32_000)
  }

  // MARK: - Its own requests

  func hangUp(_ leg: FarEndLeg, change: (inout SIPMessage) -> Void = { _ in }) {
    leg.state = .ended
    request("BYE", leg, change: change)
  }

  /// - Parameter direction: what it offers.
  @discardableResult
  func offer(
    _ direction: MediaPlan.Direction?, _ leg: FarEndLeg, method: String = "INVITE",
    change: (inout SIPMessage) -> Void = { _ in }
  ) -> SIPMessage {
    leg.hasOffered = true
    return request(method, leg) { [self] request in
      request.add("Contact", "<\(contact)>")
      if let direction {
        request.add("Content-Type", "application/sdp")
        request.body = Array(description(leg, direction).utf8)
      }
      change(&request)
    }
  }

  @discardableResult
  func request(_ method: String, _ leg: FarEndLeg, change: (inout SIPMessage) -> Void = { _ in }) -> SIPMessage {
    number += 1
    leg.ownSequence += 1
    var request = SIPMessage(method: method, uri: leg.contact)
    let branch = "z9hG4bKfar\(host)\(number)"
    request.add("Via", "SIP/2.0/UDP \(host.contains(":") ? "[\(host)]" : host);branch=\(branch)")
    request.add("From", "<sip:far@h>;tag=\(leg.tag)")
    request.add("To", "<sip:me@h>;tag=\(leg.callersTag)")
    request.add("Call-ID", leg.callID)
    request.add("CSeq", "\(leg.ownSequence) \(method)")
    change(&request)
    if method == "INVITE", request.body.isEmpty { leg.expectsAnswer = leg.ownSequence }
    own[branch] = leg
    requests[branch] = request
    transmit(request, branch, 500, bench.now + 32_000)
    return request
  }

  private func transmit(_ request: SIPMessage, _ branch: String, _ pause: Int64, _ end: Int64) {
    guard !done.contains(branch) else { return }
    guard bench.now < end else {
      if ["INVITE", "UPDATE"].contains(request.method) { own[branch]??.hasOffered = false }
      return
    }
    bench.toCall(request, from: host)
    bench.after(pause) { [unowned self] in transmit(request, branch, min(pause * 2, 4000), end) }
  }

  private func answered(_ response: SIPMessage) {
    guard let branch = response.topVia?.branch, let leg = own[branch] ?? nil, let request = requests[branch],
      let status = response.status, status >= 200
    else { return }
    if request.method == "INVITE", acknowledges || status >= 300 {
      let answer = response.direction?.reversed ?? .sendrecv
      let body = request.body.isEmpty && status < 300 ? description(leg, answer) : ""
      acknowledgeOwn(request, response, leg, body)
    }
    guard done.insert(branch).inserted else { return }
    leg.answers.append(response)
    if status < 300, ["INVITE", "UPDATE"].contains(request.method), let answer = response.direction {
      let offered = request.direction ?? answer.reversed
      if request.direction != nil { direction = offered }
      leg.direction = .init(sends: offered.sends && answer.receives, receives: offered.receives && answer.sends)
    }
    if ["INVITE", "UPDATE"].contains(request.method) { leg.hasOffered = false }
    if status == 481, request.method != "BYE", leg.state == .confirmed { leg.state = .ended }
  }

  private func acknowledgeOwn(_ request: SIPMessage, _ response: SIPMessage, _ leg: FarEndLeg, _ body: String) {
    var acknowledgement = SIPMessage(method: "ACK", uri: leg.contact)
    let isAccepted = (response.status ?? 0) < 300
    let via = request["Via"] ?? ""
    acknowledgement.add("Via", isAccepted ? via + "ack" : via)
    for name in ["From", "To", "Call-ID"] { acknowledgement.add(name, response[name] ?? "") }
    acknowledgement.add("CSeq", "\(request.sequence ?? 0) ACK")
    if !body.isEmpty {
      acknowledgement.add("Content-Type", "application/sdp")
      acknowledgement.body = Array(body.utf8)
    }
    bench.toCall(acknowledgement, from: host)
  }
}
