// SPDX-License-Identifier: GPL-3.0-or-later
#if SIP
  import CLinphone
  import Glibc
  import SIPCore

  /// Answers, measures and ends calls as its options and its standard input say.
  final class FarEnd {
    private let options: FarEndOptions
    private let line: SIPCore
    private let tap = RTPTap()
    private var door: FrontDoor?
    private var calls: [AnsweringCall] = []
    private var count = 0
    private var nextStats = Clock.nanoseconds()
    private var isOver = false
    private var ignoresSignalling = false

    init(_ options: FarEndOptions, folder: RuntimeFolder) throws {
      self.options = options
      var configuration = SIPCore.Configuration()
      configuration.address = options.address
      configuration.mediaAddress = options.address
      configuration.allowsIPv6 = options.address.contains(":")
      if let status = options.refuseReplaces {
        door = try FrontDoor(address: options.address, port: options.port, status: status)
      }
      configuration.port = door != nil || options.port == 0 ? nil : options.port
      configuration.files = try SoundFiles(play: options.play, record: options.record, folder: folder)
      configuration.maximumCalls = 16
      line = try SIPCore(configuration, folder: folder)
      door?.lead(to: line.port)
      line.onCallState = { [unowned self] call, state, _ in self.changed(call, state) }
      line.onDigit = { EventOutput.write("dtmf", ["digit": .text(String($0))]) }
    }

    func run() {
      EventOutput.write(
        "listening", ["address": .text(options.address), "port": .number(Int64(door?.port ?? UInt16(line.port)))])
      var commands = CommandReader()
      while !isOver {
        if commands.wait(milliseconds: 10) {
          for command in commands.read() { obey(command) }
          // Nobody is left to tell it anything.
          if commands.isAtEnd { isOver = true }
        }
        if ignoresSignalling { continue }
        for _ in 0..<(door?.pass() ?? 0) { EventOutput.write("refused-replacement") }
        line.iterate()
        for call in calls { call.act() }
        calls.removeAll { $0.isReleased }
        reportNowAndThen()
      }
      for call in calls { call.hangUp() }
      let deadline = Clock.nanoseconds() + 1_000_000_000
      while !calls.allSatisfy(\.isReleased), Clock.nanoseconds() < deadline {
        line.iterate()
        usleep(10_000)
      }
      report("stats")
    }

    private func obey(_ command: String) {
      switch command {
      case "stats": report("stats")
      case "reset":
        tap.reset()
        report("stats")
      case "hangup": for call in calls { call.hangUp() }
      case "hold": for call in calls { call.hold(true) }
      case "unhold": for call in calls { call.hold(false) }
      case "quit": isOver = true
      case "ignore": ignoresSignalling = true
      case "heed": ignoresSignalling = false
      case "vanish": _exit(0)
      default: EventOutput.write("unknown-command", ["command": .text(command)])
      }
    }

    private func changed(_ reference: CallReference, _ state: LinphoneCallState) {
      if let call = calls.first(where: { $0.reference == reference }) { return call.changed(to: state) }
      guard state == LinphoneCallStateIncomingReceived else { return }
      count += 1
      let replaced = linphone_call_get_replaced_call(reference)
      let call = AnsweringCall(
        reference, number: count, options: options, tap: tap,
        replaces: calls.first { $0.reference == replaced })
      calls.append(call)
      call.changed(to: state)
    }

    private func reportNowAndThen() {
      guard options.statsEvery > 0, Clock.nanoseconds() >= nextStats else { return }
      nextStats = Clock.nanoseconds() + Int64(options.statsEvery) * 1_000_000
      if calls.contains(where: \.isAnswered) { report("rtp") }
    }

    private func report(_ event: String) {
      let reading = tap.reading()
      EventOutput.write(
        event,
        [
          "calls": .number(Int64(calls.filter(\.isUp).count)),
          "packets": .number(Int64(reading.packets)), "lost": .number(Int64(reading.lost)),
          "duplicates": .number(Int64(reading.duplicates)), "streams": .number(Int64(reading.streams)),
          "longest-gap-ms": .number(reading.longestGap / 1_000_000),
          "since-last-ms": reading.sinceLast.map { .number($0 / 1_000_000) },
          "kernel-times": .flag(tap.timeSources.own == 0),
        ])
    }
  }
#endif
