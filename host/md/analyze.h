// SPDX-License-Identifier: BSD-3-Clause
/* analyze.h - what a glass looks like: density, coordination, bond angles, radial distribution functions. */
#ifndef KD_ANALYZE_H
#define KD_ANALYZE_H

#include "host/base/json.h"
#include "host/md/rdf.h"
#include "host/structure/structure.h"
#include "kernels/device.h"

enum { ANALYZE_ELEMENTS = 8, ANALYZE_PAIRS = 36, ANALYZE_ANGLES = 288, COORDINATION_MAX = 9, ANGLE_BINS = 90 };

struct analyze_options {
    struct rdf_axis axis, site_axis;
    int n_cutoff; /* bonds: distances below cutoff[c] between elements a and b */
    struct {
        int a, b;
        double cutoff;
    } cutoff[ANALYZE_PAIRS];
};

/* r to 8 angstrom in 400 bins, the study's axis for sites; bonds Si-Si 2.8, Si-O 2.1, O-O 1.8 angstrom, other pairs 2.0. */
void analyze_defaults(struct analyze_options *o);
/* "Si-O=2.1". KD_EINPUT "--cutoff: ...". */
kd_status analyze_cutoff(struct analyze_options *o, const char *text);
double analyze_cutoff_of(const struct analyze_options *o, int number_a, int number_b);

/* One kind of bond angle: end - centre - end, ends in ascending order of atomic number. */
struct angle_kind {
    int centre, end[2];
    long n;
    double sum, sum2;             /* degrees */
    double histogram[ANGLE_BINS]; /* counts, 2 degrees each */
};

struct analysis {
    char formula[64];
    const char *source; /* the structure's */
    int n_atom, n_element, number[ANALYZE_ELEMENTS], count[ANALYZE_ELEMENTS]; /* elements ascending by atomic number */
    double density_gcc, density_atoms;                                        /* g/cm^3, atoms per cubic angstrom */
    double *total;   /* [n_bin] g(r) */
    double *partial; /* [n_element (n_element + 1) / 2][n_bin]: a <= b in the order of number[] */
    double bonds[ANALYZE_PAIRS];                                     /* number of bonds a-b, same order */
    double site_histogram[COORDINATION_MAX + 1][COORDINATION_MAX + 1]; /* Si sites by [n_Si][n_O]; last = that or more */
    double oxygen_histogram[COORDINATION_MAX + 1];                   /* O atoms by n_Si */
    int n_angle;
    struct angle_kind *angle; /* [n_angle] kinds that occur */
    int n_site;               /* Si atoms */
    int *site;                /* [n_site] their numbers */
    int (*site_coordination)[2]; /* [n_site] n_Si, n_O */
    double *site_g;           /* [n_site][site_axis.n_bin] */
};

/* KD_EINPUT: not periodic in all directions, more than 8 elements; KD_ENOMEM, KD_EDEVICE. */
kd_status analyze_structure(kd_device *dev, const struct analyze_options *o, const struct structure *s, struct analysis *out);
void analysis_free(struct analysis *a); /* a zeroed struct is fine */

/* Place of the pair (a, b) of places in number[] in partial[] and bonds[]. */
int analysis_pair(const struct analysis *a, int first, int second);

/* Results of all frames, and mean and spread over frames of one formula: one JSON object, one HDF5 file (docs/formats.md), data and
 * gnuplot scripts in a directory (pictures too where gnuplot is installed). */
void analysis_json(struct js *out, const struct analyze_options *o, const struct analysis *all, int n);
kd_status analysis_write_h5(const char *path, const struct analyze_options *o, const struct analysis *all, int n);
kd_status analysis_pictures(const char *directory, const struct analyze_options *o, const struct analysis *all, int n);

/* Mean and sample standard deviation of n numbers (0 for n = 1). */
void analysis_spread(int n, const double *value, double *mean, double *sd);
/* group[f] = number of the first frame with the same formula. */
void analysis_groups(const struct analysis *all, int n, int *group);

#endif
