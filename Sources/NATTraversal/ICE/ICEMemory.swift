// SPDX-License-Identifier: Apache-2.0

extension ICEAgent {
  /// What a new process on the same address and port needs to go on. It has no password of a server, but those of the
  /// checks. It needs less than 3 KiB.
  public struct Memory: Sendable, Equatable, Codable {
    struct Path: Sendable, Equatable, Codable {
      var path: ICEPath
      /// If they are not the session's.
      var local: ICECredentials?
      var remote: ICECredentials?
    }

    /// While no path is selected.
    static let mostRemotes = 8

    var hasGathered: Bool
    var isControlling: Bool
    var isRemoteLite: Bool
    var tieBreaker: UInt64
    var local: ICECredentials
    var remote: ICECredentials?
    var remotes: [ICESession.Remote]
    var mapped: TransportAddress?
    var relay: TURNMemory?
    var path: Path?
    /// The path is the session's.
    var isPathCurrent: Bool

    /// A path is selected.
    public var hasPath: Bool { path != nil }
    /// Whose relay the path may go through; it must be the server of ``Settings/turnServer``.
    public var turnServer: TransportAddress? { relay?.server }
  }

  /// What a successor must know. It changes with ``ICEEffect/remembered``.
  public var memory: Memory {
    var remotes: [ICESession.Remote] = []
    if session.selected == nil {
      remotes = Array(session.remotes.sorted { $0.priority > $1.priority }.prefix(Memory.mostRemotes))
    }
    let path = path.map { path in
      let isCurrent = path.local == session.local && path.remote == session.remote
      return Memory.Path(
        path: path.path, local: isCurrent ? nil : path.local, remote: isCurrent ? nil : path.remote)
    }
    return Memory(
      hasGathered: gathering.isDone, isControlling: isControlling, isRemoteLite: isRemoteLite, tieBreaker: tieBreaker,
      local: session.local, remote: session.remote, remotes: remotes, mapped: gathering.mapped, relay: turn?.memory,
      path: path, isPathCurrent: session.selected != nil)
  }

  /// Goes on where another process has stopped, on the same local address and port.
  ///
  /// ``selected`` is at once what it was, and the far end's consent holds for another 30 s. Nothing is gathered again
  /// if it had been; else call ``gather(at:)``. The first ``tick(at:)`` is due at once. If no path is selected, call
  /// ``connect(to:inOffer:at:)`` with the far end's last description, since the memory has only the better part of it.
  public init(
    _ settings: Settings, memory: Memory, _ hashes: STUNHashes,
    random: any RandomNumberGenerator & Sendable = SystemRandomNumberGenerator()
  ) {
    self.init(settings, hashes, random: random)
    (isControlling, isRemoteLite, tieBreaker) = (memory.isControlling, memory.isRemoteLite, memory.tieBreaker)
    session = ICESession(memory.local)
    session.remote = memory.remote
    session.remotes = Array(memory.remotes.prefix(ICESession.mostSignalled))
    (gathering.mapped, gathering.isDone) = (memory.mapped, memory.hasGathered)
    if let relay = memory.relay, let account = settings.turnServer {
      turn = TURNAllocation(account, relay, hashes, random: self.random)
    }
    if let old = memory.path, let remote = old.remote ?? memory.remote {
      let isThere = old.path.relay.map { turn?.server == $0.server && turn?.channel(of: old.path.remote) == $0.channel }
      if isThere ?? !settings.isRelayOnly { restore(old, remote, isCurrent: memory.isPathCurrent) }
    }
    isResumed = true
  }

  private mutating func restore(_ old: Memory.Path, _ remote: ICECredentials, isCurrent: Bool) {
    let path = ActivePath(old.path, old.local ?? session.local, remote, heardAt: nil)
    self.path = path
    guard isCurrent else { return }
    let priority = ICECandidate.Kind.peerReflexive.priority
    _ = session.addRemote(path.key.remote, priority: priority, most: ICESession.mostSignalled)
    var pair = CandidatePair(path.key, remotePriority: priority)
    (pair.state, pair.isNominated) = (.succeeded, true)
    session.pairs = [pair]
    session.selected = path.key
  }
}
