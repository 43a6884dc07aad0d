// SPDX-License-Identifier: Apache-2.0
import CallLife
import CallModel
import Logging
import Systemd

/// Pauses the user's media players while a call is joined, and lets those play on that it paused itself.
///
/// Media players are those with an MPRIS interface on the session bus (MPRIS D-Bus Interface Specification 2.2). One that
/// the user has started or paused during the call stays as it is.
@EventLoopActor
final class MediaPlayers: CallsServiceObserver {
  private static let namePrefix = "org.mpris.MediaPlayer2."
  private static let path = "/org/mpris/MediaPlayer2"
  private static let player = "org.mpris.MediaPlayer2.Player"
  private static let properties = "org.freedesktop.DBus.Properties"

  private unowned let service: CallsService
  private let bus: Bus
  private let note: PausedPlayersNote
  private let logger: Logger
  private var busID = ""
  private var isReady = false
  private var isWanted = false
  /// The unique names of the paused players, and what hears whether somebody starts them.
  private var paused: [String: BusSlot?] = [:]
  private var work: Task<Void, Never>?

  init(_ service: CallsService, on bus: Bus, note: PausedPlayersNote, logger: Logger) {
    (self.service, self.bus, self.note, self.logger) = (service, bus, note, logger)
  }

  /// To be called when the calls of an earlier daemon are known. Takes over the players that it paused.
  func recover() {
    work = EventLoopActor.task { [weak self] in
      guard let self else { return }
      busID = (try? await bus.ask("GetId") { reply throws(BusError) in try reply.readString() }) ?? ""
      for name in note.read(onBus: busID) { follow(name) }
      isReady = true
      isWanted = isCalling
      // Those that play now were started during the call.
      if !isWanted { await playOn() } else if paused.isEmpty { await pause() }
      work = nil
      callsChanged()
    }
  }

  /// Returns when every player has been told.
  func settle() async { while let work { await work.value } }

  // MARK: The calls

  func sessionAppeared(_ session: Session) { callsChanged() }
  func sessionChanged(_ session: Session, events: [RecordedEvent], properties: [String]) { callsChanged() }
  func sessionWillDisappear(_ session: Session) {}

  private var isCalling: Bool {
    service.live.contains { $0.life.hasJoined && $0.spec.uri != nil && $0.spec.pausesPlayers }
  }

  private func callsChanged() {
    guard isReady, work == nil, isWanted != isCalling else { return }
    isWanted.toggle()
    work = EventLoopActor.task { [weak self] in
      guard let self else { return }
      if isWanted { await pause() } else { await playOn() }
      work = nil
      callsChanged()
    }
  }

  // MARK: The players

  private func pause() async {
    let names = (try? await bus.ask("ListNames") { reply throws(BusError) in try reply.read().asStrings ?? [] }) ?? []
    await each(of: names.filter { $0.hasPrefix(Self.namePrefix) }.sorted().prefix(Limit.players)) { players, name in
      await players.pause(name)
    }
  }

  private func pause(_ name: String) async {
    let owner = try? await bus.ask("GetNameOwner", [.string(name)]) { reply throws(BusError) in try reply.readString() }
    // Some players have a second name for each of their instances.
    guard let owner, paused[owner] == nil, await status(of: owner) == "Playing", paused[owner] == nil else { return }
    // Before it is paused, so that the next daemon knows of it, whatever happens to this one.
    paused[owner] = .some(nil)
    remember()
    do throws(BusError) {
      try await tell(owner, "Pause")
      follow(owner)
      logger.info("paused the media player \(DisplayText(String(name.dropFirst(Self.namePrefix.count)), scalars: 64))")
    } catch {
      forget(owner)
      logger.info("cannot pause the media player \(DisplayText(name, scalars: 100)): \(error.shown)")
    }
  }

  private func playOn() async {
    let owners = paused.keys.sorted()
    paused = [:]
    await each(of: owners[...]) { players, owner in
      guard await players.status(of: owner) == "Paused" else { return }
      do throws(BusError) { try await players.tell(owner, "Play") } catch {
        players.logger.info("cannot let a media player play on: \(error.shown)")
      }
    }
    remember()
  }

  /// Asks all at once, so that one that hangs keeps nobody waiting.
  private func each(
    of names: ArraySlice<String>, _ body: @escaping @EventLoopActor @Sendable (MediaPlayers, String) async -> Void
  ) async {
    let tasks = names.map { name in EventLoopActor.task { [self] in await body(self, name) } }
    for task in tasks { await task.value }
  }

  private func status(of owner: String) async -> String? {
    try? await bus.service(owner).call(
      path: Self.path, interface: Self.properties, member: "Get", [.string(Self.player), .string("PlaybackStatus")],
      timeout: Wait.player
    ) { reply throws(BusError) in
      guard case .variant(let value) = try reply.read() else { return nil }
      return value.asString
    }
  }

  private func tell(_ owner: String, _ member: String) async throws(BusError) {
    try await bus.service(owner).call(path: Self.path, interface: Self.player, member: member, timeout: Wait.player) {
      _ throws(BusError) in
    }
  }

  /// Somebody who starts it during the call wants to hear it, and may pause it again.
  private func follow(_ owner: String) {
    paused[owner] = try? bus.service(owner).onSignal(
      path: Self.path, interface: Self.properties, member: "PropertiesChanged", arg0: Self.player
    ) { [weak self] message in
      guard (try? message.readString()) != nil, let changed = (try? message.read())?.asDictionary,
        changed["PlaybackStatus"]?.asString == "Playing"
      else { return }
      self?.forget(owner)
    }
  }

  private func forget(_ owner: String) {
    paused[owner] = nil
    remember()
  }

  private func remember() {
    do { try note.write(paused.keys.sorted(), onBus: busID) } catch {
      logger.warning("cannot save which media players are paused: \(error)")
    }
  }
}
