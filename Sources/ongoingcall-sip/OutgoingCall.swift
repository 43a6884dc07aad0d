// SPDX-License-Identifier: GPL-3.0-or-later
#if SIP
  import CLinphone
  import SIPCore

  /// A call placed through liblinphone, and the call that the far end may replace it with.
  final class OutgoingCall {
    private let line: SIPCore
    private let settings: CallSettings
    private var path: NetworkPath
    private var call: CallReference?
    /// What was called: the address of the settings, or the one that the process before was redirected to.
    private var address: String
    /// The far end's new call, which takes the place of ``call`` (INVITE with Replaces).
    private var successor: CallReference?
    private var events: [LineEvent] = []
    private var digits: [String] = []
    private var probe: PortProbe?
    /// The address that was offered for media is not the one that the far end can send to.
    private var isOfferWrong = false
    private var isCorrecting = false

    struct NotPlaced: Error, CustomStringConvertible {
      var description: String { "the call cannot be placed: liblinphone found no way to the far end" }
    }

    init(_ settings: CallSettings, muted: Bool, folder: RuntimeFolder) throws {
      self.settings = settings
      address = settings.address
      path = NetworkPath(to: settings.numericDestination?.host)
      var configuration = SIPCore.Configuration()
      configuration.transport = settings.transport
      configuration.mediaAddress = settings.isLocal ? settings.numericDestination?.host ?? "127.0.0.1" : nil
      configuration.allowsIPv6 = settings.numericDestination?.host.contains(":") ?? true
      if settings.play != nil || settings.record != nil {
        configuration.files = try SoundFiles(
          play: settings.play, record: settings.record, continuing: settings.resume != nil, folder: folder)
      }
      line = try SIPCore(configuration, folder: folder)
      // A machine without a microphone sends silence: without packets the far end would think that it is gone.
      if configuration.files == nil, !line.hasMicrophone {
        line.useNoMicrophone(try SoundFiles(play: nil, record: nil, folder: folder))
      }
      line.onCallState = { [unowned self] call, state, _ in self.changed(call, state) }
      line.onReachable = { [unowned self] in
        if !self.isCorrecting { self.events.append(.network(reachable: $0)) }
      }
      setReachable(settings.isLocal || path.exists)
      if settings.isSecure {
        linphone_core_set_media_encryption(line.core, LinphoneMediaEncryptionSRTP)
        linphone_core_set_media_encryption_mandatory(line.core, 1)
      }
      setMuted(muted)
    }

    deinit {
      if let call { linphone_call_unref(call) }
      if let successor { linphone_call_unref(successor) }
    }

    /// Calls the address: in the place of the dialog that the ticket names, or from scratch.
    func place(replacing ticket: ResumeTicket?) throws(NotPlaced) {
      let parameters = linphone_core_create_call_params(line.core, nil)
      defer { linphone_call_params_unref(parameters) }
      linphone_call_params_enable_video(parameters, 0)
      // liblinphone at the far end answers a caller that replaces its own call, unless one of the two is on hold: then
      // it does not. From another caller it is answered always.
      let isAtRest = ticket.map { $0.rest != .none } ?? false
      line.setIdentity(settings.identity, displayName: isAtRest ? "again" : nil)
      if let ticket {
        linphone_call_params_add_custom_header(parameters, "Replaces", ticket.replaces)
        // A far end that does not know the header must not ring for a call beside the one that it has.
        linphone_call_params_add_custom_header(parameters, "Require", "replaces")
      }
      if let old = call {
        // Whatever it still has to say is of no interest.
        call = nil
        events.removeAll(where: \.isEnd)
        linphone_call_terminate(old)
        linphone_call_unref(old)
      }
      line.expectNewCall()
      address = ticket?.address ?? settings.address
      guard let call = linphone_core_invite_with_params(line.core, address, parameters) else {
        throw NotPlaced()
      }
      self.call = linphone_call_ref(call)
      isOfferWrong = !settings.isLocal && !path.isDefault
      probe =
        settings.transport == .udp
        ? SIPHost(of: address)?.numeric.flatMap { PortProbe(host: $0.host, port: $0.port) } : nil
    }

    func lookAtPath() -> NetworkPath.Change { path.look() }

    /// Lets liblinphone work, and returns what happened.
    func iterate() -> [LineEvent] {
      line.iterate()
      if isOfferWrong, let call, linphone_call_get_state(call) == LinphoneCallStateStreamsRunning { correctOffer() }
      sendNextDigits()
      defer { events = [] }
      return events
    }

    /// What the network says of the far end's port; to be asked while nothing has been heard from there.
    func trouble(at now: Int64) -> CallEnding.Trouble? { probe?.trouble(at: now) }

    func setMuted(_ muted: Bool) {
      linphone_core_enable_mic(line.core, muted ? 0 : 1)
      if let call { linphone_call_set_microphone_muted(call, muted ? 1 : 0) }
    }

    func setReachable(_ reachable: Bool) { line.setReachable(reachable) }

    /// In its first offer liblinphone names the address of the default route, or the loopback's where there is none;
    /// in those after a lost network, the one that leads to the far end.
    private func correctOffer() {
      isOfferWrong = false
      isCorrecting = true
      setReachable(false)
      setReachable(true)
      isCorrecting = false
    }

    /// False where liblinphone cannot do it in the call's present state.
    func setHeld(_ held: Bool) -> Bool {
      (held ? linphone_call_pause(call) : linphone_call_resume(call)) == 0
    }

    /// The far end has been told that it is taken back from hold, and has not answered.
    var isTakingBack: Bool { call.map { linphone_call_get_state($0) == LinphoneCallStateResuming } ?? false }

    /// One after the other: liblinphone takes a string of digits only when it has sent the one before.
    func dial(_ text: String) { digits.append(text) }

    func hangUp() {
      for call in [call, successor] where call != nil { linphone_call_terminate(call) }
    }

    var sample: MediaSample? {
      guard let call, let stats = linphone_call_get_audio_stats(call) else { return nil }
      defer { linphone_call_stats_unref(stats) }
      guard let counters = linphone_call_stats_get_rtp_stats(stats)?.pointee else { return nil }
      let seconds = linphone_call_stats_get_round_trip_delay(stats)
      return MediaSample(
        sent: counters.packet_sent, received: counters.packet_recv,
        lost: UInt64(max(0, counters.cum_packet_loss)), control: counters.recv_rtcp_packets,
        roundTripMilliseconds: seconds > 0 ? UInt64((seconds * 1000).rounded()) : nil,
        isSoundExpected: expectsSound(in: call))
    }

    private func expectsSound(in call: CallReference) -> Bool {
      let direction = linphone_call_params_get_audio_direction(linphone_call_get_current_params(call))
      return direction == LinphoneMediaDirectionSendRecv || direction == LinphoneMediaDirectionRecvOnly
    }

    private func sendNextDigits() {
      guard let next = digits.first, let call else { return }
      if linphone_call_send_dtmfs(call, next) == 0 { digits.removeFirst() }
    }
  }

  // MARK: - What liblinphone reports

  extension OutgoingCall {
    private func changed(_ reference: CallReference, _ state: LinphoneCallState) {
      if state == LinphoneCallStateIncomingReceived { return incoming(reference) }
      if reference == successor { return successorChanged(to: state) }
      guard reference == call else { return }
      switch state {
      case LinphoneCallStateOutgoingRinging, LinphoneCallStateOutgoingEarlyMedia: events.append(.ringing)
      case LinphoneCallStateConnected: answered()
      case LinphoneCallStateStreamsRunning: events.append(.running)
      case LinphoneCallStatePaused: events.append(.paused)
      case LinphoneCallStatePausedByRemote: events.append(.heldByFarEnd)
      case LinphoneCallStateEnd, LinphoneCallStateError:
        // Where it was replaced, the call goes on.
        if successor == nil { events.append(.ended(ending)) }
      case LinphoneCallStateReleased: if successor == nil { events.append(.released) }
      default: break
      }
    }

    private func answered() {
      guard let call else { return }
      let answer = DialogAnswer(call)
      if let host = answer?.host { path.lead(to: host) }
      let address = line.redirectTarget ?? address
      let ticket = answer?.ticket(
        transport: settings.transport, address: address == settings.address ? nil : address)
      events.append(.answered(ticket))
    }

    /// Nobody may call an engine, except the far end, to go on with its call in a new process.
    private func incoming(_ reference: CallReference) {
      guard let call, successor == nil, linphone_call_get_replaced_call(reference) == call else {
        linphone_call_decline(reference, LinphoneReasonBusy)
        return
      }
      successor = linphone_call_ref(reference)
    }

    private func successorChanged(to state: LinphoneCallState) {
      switch state {
      case LinphoneCallStateStreamsRunning:
        if let call { linphone_call_unref(call) }
        (call, successor) = (successor, nil)
        answered()
        events.append(.running)
      case LinphoneCallStateEnd, LinphoneCallStateError:
        events.append(.ended(ending))
      default: break
      }
    }

    private static let phraseOfTransportErrors = "IO error"

    private var ending: CallEnding {
      if let refusal = line.refusal { return CallEnding(status: refusal.status, phrase: refusal.phrase) }
      let info = linphone_call_get_error_info(call)
      let status = Int(linphone_error_info_get_protocol_code(info))
      let phrase = linphone_error_info_get_phrase(info).map(String.init(cString:)) ?? ""
      let trouble: CallEnding.Trouble? =
        switch linphone_error_info_get_reason(info) {
        case LinphoneReasonNoResponse: .noReply
        // A real 503 has the same reason, and the far end's phrase.
        case LinphoneReasonIOError where phrase == Self.phraseOfTransportErrors: .transport
        default: nil
        }
      if status == 0, trouble == nil, linphone_call_get_state(call) == LinphoneCallStateError {
        // Its answer was one to hang up on.
        return CallEnding(
          status: 0, phrase: "the far end's answer has no sound with a codec and encryption of this end")
      }
      // Where there is trouble, the status is liblinphone's own invention.
      return CallEnding(
        status: trouble == nil ? status : 0, phrase: trouble == nil ? phrase : "", trouble: trouble)
    }
  }
#endif
