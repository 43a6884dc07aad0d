// SPDX-License-Identifier: GPL-3.0-or-later
#if SIP
  package import CLinphone
  internal import Glibc

  /// A `LinphoneCall *`. What is kept beyond a callback is kept with `linphone_call_ref`.
  package typealias CallReference = OpaquePointer

  /// What went wrong in setting up liblinphone.
  package enum SIPCoreError: Error, CustomStringConvertible {
    case cannotStart(status: Int32)

    package var description: String {
      switch self {
      case .cannotStart(let status):
        "liblinphone does not start (status \(status)); the log says why, often it is a SIP port that is taken"
      }
    }
  }

  /// A SIP user agent: one liblinphone core without accounts, databases, video and chat.
  ///
  /// Not thread-safe: everything happens on the thread that calls ``iterate()``.
  package final class SIPCore {
    package struct Configuration {
      package var transport: SIPTransport = .udp
      /// The port to listen on; nil is any, and only replies and requests within a call come to it.
      package var port: Int32?
      /// Off for far ends that have IPv4 only: liblinphone would offer them an IPv6 address for the media.
      package var allowsIPv6 = true
      /// The address to listen on; nil is all of the machine's.
      package var address: String?
      /// The address for media; nil is the one of the default route.
      package var mediaAddress: String?
      /// Nil uses the sound devices.
      package var files: SoundFiles?
      package var maximumCalls: Int32 = 2

      package init() {}
    }

    package let core: OpaquePointer
    private let callbacks: OpaquePointer
    private let answers = AnswerFilter()
    /// A call changed its state; the text is liblinphone's, for logs.
    package var onCallState: (CallReference, LinphoneCallState, String) -> Void = { _, _, _ in }
    package var onDigit: (Character) -> Void = { _ in }
    package var onReachable: (Bool) -> Void = { _ in }
    private var playing: String?

    package init(_ configuration: Configuration, folder: RuntimeFolder) throws(SIPCoreError) {
      LinphoneLog.start()
      let factory = linphone_factory_get()
      // Without these liblinphone derives its folders from HOME, and fails where they do not exist.
      linphone_factory_set_data_dir(factory, folder.path)
      linphone_factory_set_config_dir(factory, folder.path)
      linphone_factory_set_download_dir(factory, folder.path)
      let config = linphone_factory_create_config_from_string(factory, Self.settings)
      if let address = configuration.address {
        linphone_config_set_string(config, "sip", "bind_address", address)
      }
      if let address = configuration.mediaAddress {
        linphone_config_set_string(config, "rtp", "bind_address", address)
      }
      answers.watchNextCore()
      core = linphone_factory_create_core_with_config_3(factory, config, nil)
      linphone_config_unref(config)
      callbacks = linphone_factory_create_core_cbs(factory)
      apply(configuration, folder)
      listen()
      let status = linphone_core_start(core)
      guard status == 0 else { throw .cannotStart(status: status) }
      setReachable(true)
      LinphoneLog.level = .warnings
      offerCodecs()
      // Not part of the settings above: liblinphone prefixes it with the folder of its own sounds.
      if configuration.files != nil { linphone_core_set_ringback(core, nil) }
    }

    /// Whether there is a way to the far end. Off and on again, liblinphone renegotiates its calls; nothing else tells
    /// it that the network has changed.
    package func setReachable(_ reachable: Bool) { linphone_core_set_network_reachable(core, reachable ? 1 : 0) }

    /// Why the call was refused, where liblinphone does not know it.
    package var refusal: Refusal? { answers.refusal }
    /// The address that the call was redirected to.
    package var redirectTarget: String? { answers.redirectTarget }

    /// To be called before each call that is placed.
    package func expectNewCall() { answers.expectNewCall() }

    package func iterate() { linphone_core_iterate(core) }

    /// The port that is listened on for UDP, once something was started.
    package var port: Int32 {
      let used = linphone_core_get_transports_used(core)
      defer { linphone_transports_unref(used) }
      return linphone_transports_get_udp_port(used)
    }

    /// Whether there is a sound device to record from.
    package var hasMicrophone: Bool {
      // Mediastreamer knows; liblinphone's list leaves the capabilities of a device that has none uninitialized.
      let cards = ms_factory_get_snd_card_manager(linphone_core_get_ms_factory(core))
      var item = ms_snd_card_manager_get_list(cards)
      while let entry = item?.pointee {
        let card = entry.data.assumingMemoryBound(to: MSSndCard.self)
        if ms_snd_card_get_capabilities(card) & UInt32(MS_SND_CARD_CAP_CAPTURE) != 0 { return true }
        item = UnsafePointer(entry.next)
      }
      return false
    }

    /// Calls from that `sip:` address; nil is the user's login name at the address of this machine that the far end
    /// sees.
    package func setIdentity(_ address: String?, displayName: String? = nil) {
      let user = getpwuid(getuid()).flatMap { $0.pointee.pw_name }.map { String(cString: $0) } ?? "anonymous"
      if address != nil { linphone_core_set_guess_hostname(core, 0) }
      let address = address ?? "sip:\(user)@localhost"
      linphone_core_set_primary_contact(core, displayName.map { "\"\($0)\" <\(address)>" } ?? address)
    }

    /// Everything that is a file elsewhere: no databases, no automatic transfers, no end of a call that is silent
    /// for a while (its owner decides that).
    private static let settings = """
      [storage]
      uri=null
      call_logs_db_uri=null
      zrtp_secrets_db_uri=null
      friends_db_uri=null
      [sip]
      auto_accept_refer=0
      reject_duplicated_calls=0
      repair_broken_calls=1
      auto_net_state_mon=0
      verify_server_certs=1
      verify_server_cn=1
      prefer_ipv6=0
      [rtp]
      prefer_ipv6=0
      audio_rtp_port=-1
      video_rtp_port=-1
      text_rtp_port=-1
      nortp_timeout=31536000
      [video]
      capture=0
      display=0
      automatically_initiate=0
      automatically_accept=0
      [misc]
      hide_empty_chat_rooms=1
      """

    /// As OpenSSL's programs have it: a variable, else the system's.
    package static var certificates: String {
      getenv("SSL_CERT_FILE").map { String(cString: $0) } ?? "/etc/ssl/certs/ca-certificates.crt"
    }

    private func apply(_ configuration: Configuration, _ folder: RuntimeFolder) {
      let port = configuration.port ?? LC_SIP_TRANSPORT_RANDOM
      let transports = linphone_factory_create_transports(linphone_factory_get())
      // With TCP and TLS the port that matters is the far end's.
      linphone_transports_set_udp_port(transports, configuration.transport == .udp ? port : 0)
      linphone_transports_set_tcp_port(
        transports, configuration.transport == .tcp ? configuration.port ?? LC_SIP_TRANSPORT_DONTBIND : 0)
      linphone_transports_set_tls_port(
        transports, configuration.transport == .tls ? LC_SIP_TRANSPORT_DONTBIND : 0)
      linphone_core_set_transports(core, transports)
      linphone_transports_unref(transports)

      linphone_core_enable_ipv6(core, configuration.allowsIPv6 ? 1 : 0)
      linphone_core_set_user_agent(core, "OngoingCall", nil)
      linphone_core_set_audio_port(core, -1)
      linphone_core_set_max_calls(core, configuration.maximumCalls)
      // Otherwise a second call puts the first on hold, and a far end's new call could not replace its old one.
      linphone_core_set_media_resource_mode(core, LinphoneSharedMediaResources)
      linphone_core_set_use_rfc2833_for_dtmf(core, 1)
      linphone_core_set_use_info_for_dtmf(core, 0)
      linphone_core_enable_video_capture(core, 0)
      linphone_core_enable_video_display(core, 0)
      linphone_core_set_user_certificates_path(core, folder.path)
      linphone_core_set_zrtp_secrets_file(core, "\(folder.path)/zrtp-secrets")
      if access(Self.certificates, R_OK) == 0 { linphone_core_set_root_ca(core, Self.certificates) }
      if let files = configuration.files { use(files) }
    }

    /// Plays and records files instead of using sound devices, from the next call on.
    ///
    /// liblinphone mixes the file it plays into the stream behind the microphone's volume, where muting does not reach
    /// it. So it plays silence there, and the file goes where the microphone would be, as soon as the stream runs.
    package func use(_ files: SoundFiles) {
      linphone_core_set_use_files(core, 1)
      linphone_core_set_play_file(core, files.silence)
      linphone_core_set_record_file(core, files.record)
      playing = files.play
    }

    /// Sends silence in the place of a microphone, and keeps the loudspeaker.
    package func useNoMicrophone(_ files: SoundFiles) { linphone_core_set_play_file(core, files.silence) }

    private func playFile(in call: CallReference) {
      guard let playing, let stream = linphone_call_get_stream(call, LinphoneStreamTypeAudio) else { return }
      stream.withMemoryRebound(to: AudioStream.self, capacity: 1) {
        audio_stream_play($0, playing)
        _ = clinphone_loop_player($0, 500)
      }
    }

    private func listen() {
      linphone_core_cbs_set_user_data(callbacks, Unmanaged.passUnretained(self).toOpaque())
      linphone_core_cbs_set_call_state_changed(callbacks) { core, call, state, message in
        guard let call, let this = SIPCore.current(core) else { return }
        if state == LinphoneCallStateStreamsRunning { this.playFile(in: call) }
        this.onCallState(call, state, message.map(String.init(cString:)) ?? "")
      }
      linphone_core_cbs_set_dtmf_received(callbacks) { core, _, digit in
        guard let this = SIPCore.current(core), let scalar = Unicode.Scalar(UInt32(bitPattern: digit)) else {
          return
        }
        this.onDigit(Character(scalar))
      }
      linphone_core_cbs_set_network_reachable(callbacks) { core, reachable in
        SIPCore.current(core)?.onReachable(reachable != 0)
      }
      linphone_core_add_callbacks(core, callbacks)
    }

    /// The object whose callbacks are running; it lives as long as its core, which calls nobody after it is stopped.
    private static func current(_ core: OpaquePointer?) -> SIPCore? {
      guard let data = linphone_core_cbs_get_user_data(linphone_core_get_current_callbacks(core)) else {
        return nil
      }
      return Unmanaged<SIPCore>.fromOpaque(data).takeUnretainedValue()
    }

    /// Opus first, then the two that every telephone has; nothing else.
    private func offerCodecs() {
      let order = ["opus", "PCMU", "PCMA", "telephone-event"]
      let known = linphone_core_get_audio_payload_types(core)
      var chosen: [(rank: Int, type: OpaquePointer)] = []
      var item = known
      while let entry = item {
        let type = OpaquePointer(entry.pointee.data)
        let name = String(cString: linphone_payload_type_get_mime_type(type))
        let rank = order.firstIndex { $0.lowercased() == name.lowercased() }
        linphone_payload_type_enable(type, rank == nil ? 0 : 1)
        if let type { chosen.append((rank ?? order.count, type)) }
        item = entry.pointee.next
      }
      var list: UnsafeMutablePointer<bctbx_list_t>?
      for (_, type) in chosen.sorted(by: { $0.rank < $1.rank }) {
        list = bctbx_list_append(list, UnsafeMutableRawPointer(type))
      }
      linphone_core_set_audio_payload_types(core, list)
      bctbx_list_free(list)
      bctbx_list_free_with_data(known) { linphone_payload_type_unref(OpaquePointer($0)) }
    }
  }
#endif
