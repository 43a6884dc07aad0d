// SPDX-License-Identifier: GPL-3.0-or-later
#if SIP
  internal import Glibc

  /// WAV files in the place of microphone and loudspeaker.
  package struct SoundFiles {
    /// Played from its start, again and again, with half a second of silence between.
    package var play: String?
    /// Named `….wav`; nil drops what arrives.
    package var record: String?
    /// A file of silence, which is played besides, so that packets flow whatever happens to the other.
    package let silence: String

    package enum Unusable: Error, CustomStringConvertible {
      case cannotRead(String, Int32)
      case notWAV(String)
      case cannotWrite(String, Int32)
      case notNamedWAV(String)

      package var description: String {
        switch self {
        case .cannotRead(let path, let code):
          "the file to play, \(path), cannot be read: \(String(cString: strerror(code)))"
        case .notWAV(let path):
          "the file to play, \(path), is not a WAV file; convert it to 16-bit PCM WAV"
        case .cannotWrite(let path, let code):
          "the file to record to, \(path), cannot be written: \(String(cString: strerror(code)))"
        case .notNamedWAV(let path):
          "the file to record to, \(path), must have a name that ends in .wav"
        }
      }
    }

    /// Checks the files now, because liblinphone says nothing of files it cannot use.
    ///
    /// The file to record to is emptied, unless the recording is to be continued.
    package init(
      play: String?, record: String?, continuing: Bool = false, folder: RuntimeFolder
    ) throws(Unusable) {
      if let play { try Self.checkWAV(play) }
      silence = try Self.makeSilence(folder)
      (self.play, self.record) = (play, record)
      if let record {
        // liblinphone writes a header only to such names.
        guard record.hasSuffix(".wav") else { throw .notNamedWAV(record) }
        let file = open(record, O_WRONLY | O_CREAT | O_CLOEXEC | (continuing ? 0 : O_TRUNC), 0o600)
        guard file >= 0 else { throw .cannotWrite(record, errno) }
        close(file)
      }
    }

    private static func checkWAV(_ path: String) throws(Unusable) {
      let file = open(path, O_RDONLY | O_CLOEXEC)
      guard file >= 0 else { throw .cannotRead(path, errno) }
      defer { close(file) }
      var header = [UInt8](repeating: 0, count: 12)
      let count = read(file, &header, header.count)
      guard count >= 0 else { throw .cannotRead(path, errno) }
      guard count == 12, header[..<4].elementsEqual("RIFF".utf8), header[8...].elementsEqual("WAVE".utf8)
      else {
        throw .notWAV(path)
      }
    }

    /// Two seconds of 16-bit mono at 16 kHz, all zero.
    private static func makeSilence(_ folder: RuntimeFolder) throws(Unusable) -> String {
      let rate = 16_000
      let size = rate * 2 * 2
      var bytes: [UInt8] = []
      func append(_ value: Int, bytes count: Int) {
        for index in 0..<count { bytes.append(UInt8(truncatingIfNeeded: value >> (8 * index))) }
      }
      bytes += "RIFF".utf8
      append(36 + size, bytes: 4)
      bytes += "WAVEfmt ".utf8
      append(16, bytes: 4)
      for (value, width) in [(1, 2), (1, 2), (rate, 4), (rate * 2, 4), (2, 2), (16, 2)] {
        append(value, bytes: width)
      }
      bytes += "data".utf8
      append(size, bytes: 4)
      bytes += [UInt8](repeating: 0, count: size)

      let path = "\(folder.path)/silence.wav"
      let file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
      guard file >= 0 else { throw .cannotWrite(path, errno) }
      defer { close(file) }
      guard write(file, bytes, bytes.count) == bytes.count else { throw .cannotWrite(path, errno) }
      return path
    }
  }
#endif
