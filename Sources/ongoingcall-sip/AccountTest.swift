// SPDX-License-Identifier: Apache-2.0
#if SIP
  import CallModel
  import EngineChannel
  import FoundationEssentials
  import Glibc
  import NATTraversal
  import SIPDialogs
  import SIPTransport

  /// Tries whether an account works, step by step: reads the `account` of a `join` from standard input, and prints a
  /// line of JSON for each step.
  final class AccountTest {
    /// In the order in which they are tried.
    enum Step: String, Codable { case name, connection, certificate, password, registration, nat, stun, turn }

    struct Finding: Codable {
      var step: Step
      var ok: Bool
      var detail: String
    }

    enum Invalid: Error, CustomStringConvertible {
      case account(String)

      var description: String {
        switch self {
        case .account(let why): "standard input is not an account: \(why)"
        }
      }
    }

    private let loop: SIPLoop
    private let paths: SIPPaths
    private let account: SIPAccount
    private var order: RegistrationOrder
    private var controller: RegistrationController?
    private var target: Target?
    private var findings: [Finding] = []
    private var deadline: Timer?
    private var servers: ServerTest?

    /// In milliseconds, for all of a step.
    private static let patience: Int64 = 8000
    private static let longestInput = 65536

    init(_ input: [UInt8]) throws {
      guard let decoded = try? JSONDecoder().decode(EngineRequest.Account.self, from: Data(input)) else {
        throw Invalid.account("expected one JSON object, as in a join request")
      }
      account = try SIPAccount(decoded)
      loop = try SIPLoop()
      paths = SIPPaths(loop: loop, sound: nil) { _ in }
      let user = account.identity.uri.user ?? "anonymous"
      order = RegistrationOrder(
        identity: account.identity, user: user, account: account.call,
        transport: account.transport.flatMap(Target.Transport.init))
    }

    static func read() -> [UInt8] {
      var (bytes, buffer) = ([UInt8](), [UInt8](repeating: 0, count: 4096))
      while bytes.count < longestInput {
        let count = Glibc.read(STDIN_FILENO, &buffer, buffer.count)
        guard count > 0 else { break }
        bytes += buffer[..<count]
      }
      return bytes
    }

    /// Whether everything works.
    func run() -> Bool {
      if let problem = account.problem {
        let isOfAuthorities = if case .authorities = problem { true } else { false }
        find(isOfAuthorities ? .certificate : .name, false, "\(problem)")
        return false
      }
      order.isQuery = true
      begin()
      loop.run()
      return findings.allSatisfy(\.ok)
    }

    private func begin() {
      let controller = RegistrationController(order, loop: loop, paths: paths) { [unowned self] in happened($0.state) }
      controller.onInput = { [unowned self] in note($0) }
      self.controller = controller
      wait()
      controller.feed(.register)
    }

    /// Looking up a name has limits of its own.
    private func wait() {
      deadline = target.map { target in
        loop.timer(after: Self.patience) { [unowned self] in
          let detail = "no reply from \(target) within \(Self.patience / 1000) seconds"
          fail(RegistrationFailure(stage: .connection, reason: .unreachable, detail: detail))
        }
      }
    }

    // MARK: - What is found

    private func find(_ step: Step, _ ok: Bool, _ detail: String) {
      guard !findings.contains(where: { $0.step == step }) else { return }
      let finding = Finding(step: step, ok: ok, detail: detail)
      findings.append(finding)
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
      guard var line = try? encoder.encode(finding) else { return }
      line.append(UInt8(ascii: "\n"))
      _ = line.withUnsafeBytes { write(STDOUT_FILENO, $0.baseAddress, $0.count) }
    }

    private func note(_ input: RegistrationInput) {
      switch input {
      case .resolved(let targets):
        find(.name, true, targets.map { "\($0)" }.joined(separator: ", "))
        target = targets.first
        wait()
      case .opened(let end): target = end.target
      case .response(let response, _, _): heard(response)
      default: break
      }
    }

    private func heard(_ response: SIPMessage) {
      guard let target else { return }
      find(.connection, true, "\(target) answers")
      if target.transport == .tls { find(.certificate, true, "for \(target.name ?? target.host)") }
      if let status = response.status, status >= 200 {
        wait()
        takesRegistrations = ![405, 501].contains(status)
        if [401, 407].contains(status) { isAsked = true }
      }
      guard let via = response.topVia, let seen = via.received ?? (via.rport == nil ? nil : via.host) else { return }
      let port = via.rport ?? via.port ?? target.transport.defaultPort
      // The port of a connection is another one than that at which this end listens.
      let isSame = seen == via.host && (target.transport.isReliable || via.rport == nil || via.rport == via.port)
      address = isSame ? nil : "\(seen):\(port)"
    }

    /// Some servers place calls, and register nobody.
    private var takesRegistrations = true

    /// For the password. Some servers ask only those who call.
    private var isAsked = false

    /// As the server sees it, where it is another one than this end's.
    private var address: String?

    private func happened(_ state: RegistrationState) {
      switch state {
      case .registering: break
      case .registered(let until, _): registered(until: until)
      case .failed(let failure, _): fail(failure)
      case .ended: finish()
      }
    }

    private func registered(until: Int64) {
      if order.isQuery {
        let used = account.call.credentials.map {
          isAsked ? "“\($0.user)” is accepted" : "not tried: the server does not ask for it"
        }
        find(.password, true, used ?? "none is needed")
        guard account.registration(of: order.user) != nil else { return finish() }
        order.isQuery = false
        return loop.post { [unowned self] in begin() }
      }
      find(.registration, true, "for \((until - loop.now + 999) / 1000) seconds at a time")
      wait()
      loop.post { [unowned self] in controller?.feed(.leave) }
    }

    private func fail(_ failure: RegistrationFailure) {
      if order.isQuery, !takesRegistrations, account.registration(of: order.user) == nil {
        find(.password, true, "not tried: \(failure.detail)")
        return finish()
      }
      // A server that refuses it as a whole does so whatever the password is.
      let step = Step(rawValue: failure.stage.rawValue) ?? .registration
      find(
        step == .connection && findings.contains { $0.step == .connection } ? .registration : step, false,
        failure.detail)
      stop()
    }

    private func finish() {
      find(.nat, true, address.map { "behind NAT: the server sees \($0)" } ?? "no NAT in between")
      deadline = nil
      guard let settings = account.ice, servers == nil else { return stop() }
      servers = ServerTest(settings, loop: loop) { [unowned self] service, isOK, detail in
        find(service == .stun ? .stun : .turn, isOK, detail)
      } done: { [unowned self] in
        stop()
      }
    }

    private func stop() { loop.post { [unowned self] in loop.stop() } }
  }
#endif
