// SPDX-License-Identifier: Apache-2.0
import CallLife
import CallModel
import EngineChannel

// MARK: - What an engine is asked for

extension Session {
  /// The far end knows that the machine goes to sleep, or there is none to tell.
  var isReadyForSleep: Bool {
    life.isReadyForSleep || (engine == nil && !life.isAdopted && !life.isInFarewell)
  }

  func networkChanged(reachable: Bool) { engine?.send(.network(reachable: reachable)) }

  /// Tells the engine something that does not change the session's life.
  ///
  /// - Parameter passed: a descriptor that goes along; it stays the caller's.
  func request(_ request: EngineRequest, passing passed: Int32? = nil) throws(CallRefusal) {
    if let capability = request.capability { try check(can: capability) }
    guard let engine else { throw .engineFailed("cannot reach the engine of \(id); try again") }
    guard let passed else {
      guard engine.hasRoom else {
        throw .engineFailed("the engine of \(id) does not read its requests; try again")
      }
      return engine.send(request)
    }
    guard engine.send(request, passing: passed) else {
      throw .engineFailed("the engine of \(id) does not read its requests; try again")
    }
  }

  /// Tells the engine something, and `answer` what has come of it.
  func request(_ request: EngineRequest, _ answer: @escaping RequestAnswers.Answer) throws(CallRefusal) {
    if let capability = request.capability { try check(can: capability) }
    guard let engine else { throw .engineFailed("cannot reach the engine of \(id); try again") }
    guard engine.hasRoom else {
      throw .engineFailed("the engine of \(id) does not read its requests; try again")
    }
    try requests.checkRoom()
    let time = request.capability == .dtmf ? Wait.digits : Wait.request
    engine.send(try requests.wait(for: request, within: time, answer))
  }

  /// Something that holds for every engine the call will have, whether there is one just now or not.
  func wish(_ input: SessionLife.Input, needs capability: EngineDescriptor.Capability) throws(CallRefusal) {
    try check(can: capability)
    handle(input)
  }

  func check(can capability: EngineDescriptor.Capability) throws(CallRefusal) {
    guard life.state != .ended, life.state != .leaving else { throw .sessionEnded(id.description) }
    guard !life.isAdopted else {
      let isOfTerminal = [.terminal, .sendKeys].contains(capability)
      let whose = isOfTerminal ? "whose terminal, if any, belongs to another program" : "which must do this itself"
      throw .notSupported("the call \(id) is an adopted process, \(whose)")
    }
    guard spec.engine.can(capability) else {
      guard spec.command == nil || [.terminal, .sendKeys].contains(capability) else {
        throw .notSupported("\(id) runs a program; only a call to an address can do this (“\(capability.rawValue)”)")
      }
      throw .notSupported(
        "the engine “\(spec.engine.name)” of \(id) cannot do this (it lacks “\(capability.rawValue)”)")
    }
  }
}
