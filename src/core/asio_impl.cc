// Asio's own code, compiled once here (BOOST_ASIO_SEPARATE_COMPILATION). Its TLS part is in
// net/asio_ssl_impl.cc.
#include <boost/asio/impl/src.hpp>
