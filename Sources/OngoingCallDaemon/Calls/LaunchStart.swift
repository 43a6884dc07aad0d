// SPDX-License-Identifier: Apache-2.0
import CallLife
import CallModel
import Logging
import Systemd

// MARK: - The launch of what was found out

extension CallsService {
  func launch(
    _ spec: LaunchSpec, adopting process: AdoptionRequest? = nil, mustLinger: Bool
  ) async throws(CallRefusal) -> Session {
    if let session = try await session(alreadyLaunchedBy: spec) { return session }
    guard !launches.areClosed else { throw .stopping }
    if let process { try checkIsNoCall(process, for: spec.sandbox) }
    if let name = spec.name { try checkIsFree(name, for: spec.sandbox) }
    try checkNumber(of: spec.sandbox)
    let session = Session(spec, adopting: process?.handle, id: unusedID(), host: self, logger: logger)
    launches.begin(session)
    let result = await start(session, mustLinger: mustLinger)
    launches.finish(session.id, result)
    lingering?.callsChanged()
    return try result.get()
  }

  private func start(_ session: Session, mustLinger: Bool) async -> Result<Session, CallRefusal> {
    if session.spec.lingers {
      do throws(CallRefusal) {
        guard let lingering else { throw .notSupported("lingering is not available") }
        try await lingering.turnOn()
      } catch {
        guard !mustLinger else { return .failure(error) }
        logger.warning("\(session.id): \(error.message)", metadata: [JournalField.session: "\(session.id)"])
      }
    }
    guard !launches.areClosed else { return .failure(.stopping) }
    do {
      // Before the engine runs, which is not given long to say something: the user may have to unlock the keyring.
      await withCheckedContinuation { continuation in session.withPassword { continuation.resume() } }
      await session.keepAuthorities()
      guard !launches.areClosed else { return .failure(.stopping) }
      try await session.start()
      if !survivesLogout { session.logEndAtLogout() }
      return .success(session)
    } catch {
      records.remove(session.id)
      if let error = error as? CallRefusal { return .failure(error) }
      let remedy = (error as? SystemError)?.remedy.map { "; \($0)" } ?? ""
      let what =
        session.spec.process.map { "cannot adopt the process \($0.pid)" }
        ?? "cannot start the engine “\(session.spec.engine.name)”"
      let problem = "\(what): \(error)\(remedy)"
      logger.error("\(session.id): \(problem)", metadata: [JournalField.session: "\(session.id)"])
      return .failure(.engineFailed(problem))
    }
  }

  /// A process that a session let go of is no call any more, though it is still in its unit.
  private func checkIsNoCall(_ process: AdoptionRequest, for sandbox: Sandbox?) throws(CallRefusal) {
    let all = sessions.values.filter { !$0.life.isOver } + launches.sessions
    let isTaken = { (session: Session) in
      session.id.description == process.session || session.spec.process == process.identity
    }
    guard let session = all.first(where: isTaken) else { return }
    let isSeen = sandbox == nil || session.spec.sandbox == sandbox
    let call = isSeen ? "the call \(session.id)" : "a call"
    throw .invalidOption(process.option, "the process \(process.identity.pid) already belongs to \(call)")
  }

  /// Of the live calls that whoever gives a name can see, none may have it. What others have is not told to a sandbox.
  func checkIsFree(_ name: String, for sandbox: Sandbox?) throws(CallRefusal) {
    let all = sessions.values + launches.sessions
    let isSeen = { (session: Session) in sandbox == nil || session.spec.sandbox == sandbox }
    guard let session = all.first(where: { $0.isLive && $0.record.name == name && isSeen($0) }) else { return }
    throw .invalidOption(LaunchOption.name, "the call \(session.id) has this name; give another one, or end that call")
  }

  /// The session of the same token. It is a launch that is repeated only where all else is the same too.
  private func session(alreadyLaunchedBy spec: LaunchSpec) async throws(CallRefusal) -> Session? {
    guard let token = spec.token else { return nil }
    let all = sessions.values + launches.sessions
    let isSame = { (session: Session) in session.spec.token == token && session.spec.sandbox == spec.sandbox }
    guard let session = all.first(where: isSame) else { return nil }
    guard spec.asksForTheSame(as: session.spec) else {
      throw .invalidOption(
        LaunchOption.token,
        "the call \(session.id) was launched with this token and other options; repeat these options, or use a new token"
      )
    }
    let waiters = launches.waiters(for: session.id) ?? 0
    guard waiters < Limit.waiters else {
      throw .limitReached("\(waiters) callers are already waiting for the launch with this token; try again")
    }
    return try await launches.outcome(of: session.id)?.get() ?? session
  }

  private func unusedID() -> SessionID {
    var id = SessionID()
    while sessions[id] != nil || launches.contains(id) { id = SessionID() }
    return id
  }
}
