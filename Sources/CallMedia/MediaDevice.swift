// SPDX-License-Identifier: Apache-2.0
#if SIP
  internal import CCallMedia

  /// A microphone or a speaker, as the sound server knows it (without one, ALSA).
  public struct MediaDevice: Sendable, Equatable {
    public var direction: MediaEvent.Direction
    /// For ``CallMedia/use(microphone:speaker:)``.
    public var name: String
    /// For people.
    public var description: String
    public var isDefault: Bool
  }

  extension CallMedia {
    /// All devices. This waits for the sound server: do not use it in a process that has a call.
    public static func devices() throws(MediaError) -> [MediaDevice] {
      let found: [MediaDevice]? = withUnsafeTemporaryAllocation(of: media_device.self, capacity: 128) { room in
        // Never nil: the capacity is above 0.
        guard let start = room.baseAddress else { return nil }
        start.initialize(repeating: media_device(), count: room.count)
        let count = Int(media_list_devices(start, Int32(room.count)))
        guard count >= 0 else { return nil }
        return room.prefix(count).map {
          MediaDevice(
            direction: $0.speaker ? .speaker : .microphone, name: text(in: $0.name),
            description: text(in: $0.description), isDefault: $0.is_default)
        }
      }
      guard let found else { throw .noSoundServer }
      return found
    }
  }
#endif
