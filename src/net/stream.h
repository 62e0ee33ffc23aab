// A stream of bytes to one peer and the door it comes in by: what replication's links go over.
#pragma once

#include <boost/asio/buffer.hpp>
#include <boost/system/error_code.hpp>
#include <cstdint>
#include <memory>
#include <string>

#include "core/task.h"

namespace tandem::net {

/// Keeps order, and may break at any moment: what was written last may or may not have arrived.
/// One read and one write at a time. Destroyed only when neither is under way.
class Stream {
 public:
  virtual ~Stream() = default;
  struct Got {
    boost::system::error_code error;  ///< eof at the orderly end
    std::size_t bytes = 0;            ///< at least one unless there is an error
  };
  virtual Task<Got> read(asio::mutable_buffer to) = 0;
  /// Everything; what is written must stay in place until then.
  virtual Task<boost::system::error_code> write(asio::const_buffer bytes) = 0;
  /// Ends what is under way with an error.
  virtual void close() = 0;
};

class StreamListener {
 public:
  virtual ~StreamListener() = default;
  struct Accepted {
    boost::system::error_code error;  ///< operation_aborted once closed
    std::unique_ptr<Stream> stream;
  };
  virtual Task<Accepted> accept() = 0;
  virtual void close() = 0;
  virtual std::uint16_t port() const = 0;
};

}  // namespace tandem::net
