"""A diffusion model in closed form, as one would explain it: read the modules in this order, each of which needs only earlier
ones.

 1. schedule         how much noise is left at each step
 2. latent           what is diffused: the picture at an eighth of its side, in three planes
 3. variation        what varies about every picture that can be painted
 4. factors          what pictures are made of: plans, and each one's things, sky and light
 5. mixture          the best guess of the picture behind the noise, in closed form
 6. adherence        how likely a picture shows what a prompt names: cfg_scale, weights, negative prompts
 7. plans            from a prompt to plans and things
 8. trace            what a run leaves to look at
 9. denoiser         the guess as a sampler calls it, with CLIP guidance
10. samplers         ten ways from noise to picture
11. decode           from the latent to pixels, and the contrast of guidance
12. tasks            a task made ready for a sampler: text-to-image
13. flatten          an init image without its texture
14. regions          cells of a grid that belong together
15. subject          the main thing of an init image, and its horizon
16. init_image       what it shows, found once
17. image_to_image   an init image as more plans, and the strength at which each comes
18. openings         a mask's opening: its filling, and where in it a thing fits whole
19. matching         the light, the sharpness and the grain of what is around it
20. skies            the sky behind what stands before it
21. grounds          what an opening shows behind the things
22. outward          a picture that goes on beyond its sides
23. masks            a hole that is filled, then drawn into
24. outcome          which words of the prompts the picture shows
"""
