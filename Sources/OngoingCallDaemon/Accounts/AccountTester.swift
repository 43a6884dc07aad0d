// SPDX-License-Identifier: Apache-2.0
import CallModel
import EngineChannel
import FoundationEssentials
import Systemd

/// Tries accounts at their servers. The program of the engine ``EngineName/sip`` does so, in a service of its own: the
/// daemon may not use the network.
@EventLoopActor
final class AccountTester {
  private let accounts: AccountStore
  private let passwords: PasswordStore?
  private let installed: InstalledEngines
  private let manager: ServiceManager
  private let patience: Duration
  private var running: Set<AccountID> = []

  init(
    _ accounts: AccountStore, _ passwords: PasswordStore?, _ installed: InstalledEngines, _ manager: ServiceManager,
    patience: Duration = Wait.accountTest
  ) {
    (self.accounts, self.passwords, self.installed, self.manager) = (accounts, passwords, installed, manager)
    self.patience = patience
  }

  /// Returns what was found, step by step; what does not work is the last step.
  func test(_ id: AccountID) async throws(BusError) -> [AccountFinding] {
    guard let account = accounts.list[id]?.account else {
      let problem = accounts.list[id]?.problem ?? ""
      throw BusError(BusError.inputOutput, "the file of the account “\(id)” is wrong; correct it first: \(problem)")
    }
    guard !running.contains(id) else {
      throw BusError(.limitReached("the account “\(id)” is being tested at the moment; wait until that is over"))
    }
    guard running.count < Limit.accountTests else {
      throw BusError(.limitReached("\(running.count) accounts are being tested at the moment; try again"))
    }
    running.insert(id)
    defer { running.remove(id) }
    let program = try await program()
    let password = await password(of: id, in: account.passwordPlace)
    var found = try await run(program, id, input(account, try? password.get()), until: Self.lastStep(of: account))
    if case .failure(let problem) = password, let last = found.last, !last.isOK,
      last.step == AccountStep.password.rawValue
    {
      found[found.count - 1] = AccountFinding(last.step, false, problem.withoutSetting)
    }
    if found.allSatisfy(\.isOK) { accounts.learn(of: id) { ($0.isRefused, $0.problem) = (false, "") } }
    return found
  }

  private func program() async throws(BusError) -> String {
    let engines = await installed.current()
    guard let engine = engines.all.first(where: { $0.name == EngineName.sip }) else {
      let text = "accounts are tested by the engine “\(EngineName.sip)”, which is not installed; install it"
      throw BusError(.engineNotFound(text))
    }
    return engine.command[0]
  }

  private func password(of id: AccountID, in place: PasswordPlace) async -> Result<Password, PasswordProblem> {
    guard let passwords else { return .failure(.missing(id, place)) }
    return await withCheckedContinuation { continuation in
      passwords.lookup(id, in: place) { continuation.resume(returning: $0) }
    }
  }

  private func input(_ account: Account, _ password: Password?) throws(BusError) -> [UInt8] {
    var joined = EngineRequest.Account(account)
    joined.password = password?.withBytes { String(decoding: $0, as: UTF8.self) }
    guard let json = try? JSONEncoder().encode(joined) else { throw BusError(BusError.failed, "no memory for a test") }
    return Array(json)
  }

  /// Where everything works.
  static func lastStep(of account: Account) -> AccountStep {
    guard account.ice != .no else { return .nat }
    return account.turnServer != nil ? .turn : account.stunServer != nil ? .stun : .nat
  }

  // MARK: The program

  private func run(
    _ program: String, _ id: AccountID, _ input: [UInt8], until end: AccountStep
  ) async throws(BusError) -> [AccountFinding] {
    // What an earlier daemon began, and nobody waits for any more.
    let units = try await manager.units(matching: "ongoingcall-account-test-\(id)@*")
    for unit in units { try? await manager.stop(unit.name) }
    let unit = "ongoingcall-account-test-\(id)@\(SystemClock.monotonic.now).service"
    let talk: ProgramTalk
    do throws(SystemError) { talk = try ProgramTalk(input) } catch {
      throw BusError(.limitReached("cannot test the account “\(id)”: \(error)"))
    }
    try await manager.startTransient(unit, properties(program, id, talk))
    let (output, isWhole) = await talk.answer(within: patience)
    if !isWhole { try? await manager.stop(unit) }
    var found = Self.findings(in: output)
    if !isWhole {
      let steps = AccountStep.allCases.map(\.rawValue)
      let next = steps.firstIndex(of: found.last?.step ?? "").map { $0 + 1 } ?? 0
      let late = "the test was not over within \(patience.components.seconds) s"
      found.append(AccountFinding(steps[min(next, steps.count - 1)], false, late))
    }
    guard let last = found.last, !last.isOK || last.step == end.rawValue else {
      throw BusError(
        .engineFailed("the engine “\(EngineName.sip)” did not finish the test; see journalctl --user -u \(unit)"))
    }
    return found
  }

  /// systemd.exec(5), systemd.service(5), systemd.unit(5).
  private func properties(_ program: String, _ id: AccountID, _ talk: ProgramTalk) -> [(String, BusValue)] {
    // It may have some time more than this waits, and no more where this is gone.
    let longest = patience + .seconds(5)
    return [
      ("Description", .string("Test of the SIP account \(id)")),
      ("Type", .string("exec")),
      ("ExecStart", ServiceManager.execution([program, "--test-account"])),
      ("StandardInputFileDescriptor", .descriptor(BusDescriptor(borrowing: talk.input))),
      ("StandardOutputFileDescriptor", .descriptor(BusDescriptor(borrowing: talk.output))),
      ("StandardError", .string("journal")),
      ("SyslogIdentifier", .string("ongoingcall-\(EngineName.sip)")),
      ("RuntimeMaxUSec", .uint64(longest.microseconds)),
      ("TimeoutStopUSec", .uint64(UInt64(Wait.unitStop.components.seconds) * 1_000_000)),
      // As in engines' units. That an account does not work is no failure of the service.
      ("LogLevelMax", .int32(EngineUnit.quiet)),
      ("SuccessExitStatus", .structure([.array([.int32(1)], of: "i"), .array([], of: "i")])),
      ("WorkingDirectory", .string("/")),
      ("Slice", .string("app.slice")),
      ("CollectMode", .string("inactive-or-failed")),
    ]
  }

  private struct Line: Decodable {
    var step: String
    var ok: Bool
    var detail: String
  }

  private static func findings(in output: [UInt8]) -> [AccountFinding] {
    output.split(separator: UInt8(ascii: "\n")).compactMap { line in
      guard let line = try? JSONDecoder().decode(Line.self, from: Data(line)) else { return nil }
      return AccountFinding(line.step, line.ok, line.detail)
    }
  }
}
