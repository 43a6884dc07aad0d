// SPDX-License-Identifier: Apache-2.0
import CallLife
import CallModel
import EngineChannel
import Logging
import Systemd

// MARK: - The user asks for a transfer

extension Session {
  /// Asks the far end to call somebody else.
  ///
  /// - Parameter answer: is told when the engine has taken it, or why it has not. What comes of it is an event.
  func transfer(to written: String, _ answer: @escaping RequestAnswers.Answer) throws(CallRefusal) {
    try checkTransfer()
    try request(.transfer(target: try callee(written)), answer)
  }

  /// Asks the far end to call that of another call, in the place of that call.
  func transfer(to other: Session, _ answer: @escaping RequestAnswers.Answer) throws(CallRefusal) {
    try checkTransfer()
    guard other.id != id else {
      throw .invalidOption("session", "a call cannot be transferred to itself; name another call")
    }
    try other.check(can: .transfer)
    guard other.spec.engine.name == spec.engine.name else {
      throw .notSupported(
        "the engine “\(spec.engine.name)” of \(id) cannot transfer it to \(other.id), "
          + "which has the engine “\(other.spec.engine.name)”")
    }
    guard other.life.state == .joined, let target = other.transferTarget else {
      throw .notSupported("the call \(other.id) is not joined; transfer \(id) to it once it is")
    }
    try request(.transfer(target: target), answer)
  }

  private func checkTransfer() throws(CallRefusal) {
    try check(can: .transfer)
    guard life.hasJoined else { throw .notSupported("the call \(id) is not joined yet; transfer it once it is") }
  }

  /// What a launch through the call's account would call.
  private func callee(_ written: String) throws(CallRefusal) -> String {
    let target: CallTarget
    do throws(CallURI.Invalid) { target = try CallTarget(written) } catch {
      throw .invalidOption("target", "\(error)")
    }
    if case .address(let uri) = target {
      guard spec.engine.schemes.contains(uri.scheme) else {
        throw .invalidOption(
          "target", "the engine “\(spec.engine.name)” does not call “\(OptionProblem.shown(uri.scheme)):” addresses")
      }
      return uri.description
    }
    guard let account = spec.accountSettings else {
      throw .invalidOption(
        "target",
        "“\(OptionProblem.shown(written))” is called through an account, and the call \(id) has none; "
          + "give an address with a scheme, such as sip:someone@example.org")
    }
    return account.address(calling: target)
  }
}

// MARK: - The far end asks for one

/// What is told to the call whose far end has asked for another.
struct ReferralNews {
  /// The engine that is being told.
  var isUnderWay = false
  /// The engine that has heard that the user accepts.
  weak var acceptedBy: EngineLink?
}

extension Session {
  /// The user has something to decide.
  var isAskedForTransfer: Bool {
    life.reported.transferRequest != nil && life.reported.transferRequest != answeredRequest
  }

  /// Answers the far end's request.
  ///
  /// - Parameter address: whom the user was asked about. By the time of the answer, the far end may ask for another.
  /// - Returns: the call that was launched for it; nil where it is declined.
  func answerTransfer(_ accept: Bool, to address: String) async throws(CallRefusal) -> Session? {
    try check(can: .transfer)
    guard let target = life.reported.transferRequest else {
      throw .notSupported("the far end of \(id) does not ask for a transfer")
    }
    guard address == record.transferRequest else {
      throw .notSupported(
        "the far end of \(id) asks to call “\(record.transferRequest)” by now, not “\(OptionProblem.shown(address))”")
    }
    guard isAskedForTransfer else { throw .engineFailed("the request of \(id) is already being answered") }
    answeredRequest = target
    host.announce([], of: self, changed: [])
    do throws(CallRefusal) {
      guard accept else {
        try await tell(.answerTransfer(answer: "declined", target: target))
        return nil
      }
      // The engine hears that the user accepts when there is a record of the call: ``CallsService/settleReferrals()``.
      return try await host.launch(referred: spec(referredTo: target))
    } catch {
      takeBackAnswer()
      throw error
    }
  }

  /// The user is to be asked again.
  func takeBackAnswer() {
    answeredRequest = nil
    host.announce([], of: self, changed: [])
  }

  private func tell(_ request: EngineRequest) async throws(CallRefusal) {
    let result: Result<Void, CallRefusal> = await withCheckedContinuation { continuation in
      do throws(CallRefusal) {
        try self.request(request) { continuation.resume(returning: $0.map { .failure($0) } ?? .success(())) }
      } catch { continuation.resume(returning: .failure(error)) }
    }
    try result.get()
  }

  /// The call that the far end asks for: like this one, but for whom it calls.
  private func spec(referredTo target: String) throws(CallRefusal) -> LaunchSpec {
    let address = Referral.address(of: target)
    do throws(CallURI.Invalid) { _ = try CallURI(address) } catch {
      throw .notSupported("the far end of \(id) asks to call “\(OptionProblem.shown(address))”: \(error)")
    }
    var spec = spec
    spec.uri = address
    spec.referral = Referral(session: id.description, target: target)
    spec.title = LaunchOptions.shortened(address)
    (spec.name, spec.token) = (nil, nil)
    spec.startMuted = life.startsMuted
    spec.settings = withAudio(spec.settings)
    // Two calls cannot be written to one file.
    spec.settings["record-file"] = nil
    return spec
  }
}

// MARK: - How it goes

extension CallsService {
  /// Tells the calls whose far ends have asked for others how those go. What cannot be told yet is told when something
  /// changes, by this daemon or the next.
  func settleReferrals() {
    for session in sessions.values { settleReferral(of: session) }
  }

  private func settleReferral(of call: Session) {
    guard let referral = call.spec.referral, call.record.referralIsTold != true, !call.referralNews.isUnderWay else {
      return
    }
    guard let asker = SessionID(referral.session).flatMap({ sessions[$0] }), asker.life.end == nil,
      asker.life.state != .leaving
    else { return call.noteReferralIsTold() }
    guard asker.life.state == .joined, let engine = asker.engine else { return }
    if asker.life.reported.transferRequest == referral.target, call.referralNews.acceptedBy !== engine {
      asker.answeredRequest = referral.target
      tell("accepted", of: referral, to: asker, by: call)
    } else if call.life.hasJoined {
      tell("done", of: referral, to: asker, by: call)
    } else if call.life.end != nil {
      tell("failed", of: referral, to: asker, by: call)
    }
  }

  private func tell(_ answer: String, of referral: Referral, to asker: Session, by call: Session) {
    call.referralNews.isUnderWay = true
    let engine = asker.engine
    do throws(CallRefusal) {
      try asker.request(.answerTransfer(answer: answer, target: referral.target)) {
        [weak self, weak asker, weak call] problem in
        guard let self, let call else { return }
        call.referralNews.isUnderWay = false
        switch problem {
        case nil where answer == "accepted":
          call.referralNews.acceptedBy = engine
          settleReferral(of: call)
        // The next engine is told.
        case .outcomeUnknown?: break
        case nil: call.noteReferralIsTold()
        case let problem?:
          asker?.log(.warning, "cannot tell the far end that the transfer is \(answer): \(problem.message)")
          call.noteReferralIsTold()
          // The far end does not ask for it any more.
          if answer == "accepted", !call.life.hasJoined { call.handle(.hangUp) }
        }
      }
    } catch {
      call.referralNews.isUnderWay = false
      asker.log(.warning, "cannot tell the engine that the transfer is \(answer): \(error.message)")
    }
  }
}

extension SessionRecord {
  /// For people: without what lets others take over calls.
  var shown: SessionRecord {
    var record = self
    record.resume = nil
    record.spec.referral = spec.referral.map {
      Referral(session: $0.session, target: Referral.address(of: $0.target))
    }
    record.life.hideTransfer()
    return record
  }
}
